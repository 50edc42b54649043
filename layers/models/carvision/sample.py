"""Invented advertisements of used cars, priced like real ones."""

from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelfleet.sampling.columns import (
    Columns,
    Floats,
    Shift,
    chance,
    clipped,
    curve,
    draw,
    effect,
    integers,
    rows_of,
    shifted,
    with_gaps,
)
from models.carvision.cars import CARS
from models.carvision.spec import SPEC, CarVisionFeatures

DEFAULT_ROWS = 51_525
_FIRST_DAY = date(2018, 5, 1)
_DAYS = 354
_LARGEST_ENGINE = 8
_JUNK = 0.027
_COLLECTORS = 0.004
_GAPS = {"model_year": 0.07, "cylinders": 0.10, "odometer": 0.15, "paint_color": 0.18}
_CONDITIONS = {"excellent": 0.48, "good": 0.39, "like new": 0.09, "fair": 0.03, "new": 0.003,
               "salvage": 0.002}  # fmt: skip
_COLORS = {"white": 0.24, "black": 0.18, "silver": 0.15, "grey": 0.12, "blue": 0.11, "red": 0.105,
           "green": 0.034, "brown": 0.030, "custom": 0.028, "yellow": 0.006, "orange": 0.006,
           "purple": 0.003}  # fmt: skip


def sample(
    rows: int, seed: int, shift: Shift | None = None, concept: Shift | None = None
) -> list[dict[str, Any]]:
    """Draw advertisements with the columns of the real file.

    Parameters
    ----------
    rows
        How many.
    seed
        The same seed gives the same advertisements.
    shift
        How features differ from usual, before the price is drawn.
    concept
        How the relation to the target differs: it is as if features had moved by this much more,
        while they are told as they are.
    """
    rng = np.random.default_rng(seed)
    drawn = rng.choice(len(CARS), size=rows, p=_popularity())
    cars = shifted(_cars(rng, drawn), CarVisionFeatures, shift)
    prices = _prices(rng, shifted(cars, CarVisionFeatures, concept))
    gaps = {name: with_gaps(cars[name], chance(rng, share, rows)) for name, share in _GAPS.items()}
    # Sellers tick the box for four-wheel drive or say nothing.
    driven = {"is_4wd": with_gaps(cars["is_4wd"], cars["is_4wd"] == 0)}
    return rows_of({SPEC.target.column: prices} | cars | gaps | driven | _advertisement(rng, rows))


def _popularity() -> Floats:
    """Few models make most of the market: the k-th is drawn in proportion to 1/(k+8)."""
    weights = 1 / (np.arange(len(CARS)) + 8.0)
    share: Floats = weights / weights.sum()
    return share


def _cars(rng: np.random.Generator, drawn: NDArray[np.int64]) -> Columns:
    rows = len(drawn)
    age = _ages(rng, rows)
    body = np.array([car.body for car in CARS], dtype=object)[drawn]
    cylinders = np.array([car.cylinders for car in CARS])[drawn]
    four_wheel = np.array([car.four_wheel_share for car in CARS])[drawn]
    diesel = np.where(
        np.isin(body, ["truck", "pickup"]) & (cylinders == _LARGEST_ENGINE), 0.25, 0.0
    )
    fuel = draw(rng, {"gas": 0.985, "hybrid": 0.009, "other": 0.005, "electric": 0.001}, rows)
    return {
        "model_year": 2019 - age,
        "model": np.array([car.name for car in CARS], dtype=object)[drawn],
        "condition": draw(rng, _CONDITIONS, rows),
        "cylinders": _engines(rng, cylinders),
        "fuel": np.where(chance(rng, diesel, rows), "diesel", fuel),
        "odometer": _odometers(rng, age),
        "transmission": draw(rng, {"automatic": 0.91, "manual": 0.055, "other": 0.035}, rows),
        "type": _bodies(rng, body),
        "paint_color": draw(rng, _COLORS, rows),
        "is_4wd": chance(rng, four_wheel, rows).astype(np.int64),
    }


def _ages(rng: np.random.Generator, rows: int) -> NDArray[np.int64]:
    common = clipped(rng.gamma(2.6, 3.7, rows), 0, 45)
    collectors = rng.uniform(35, 111, rows)
    return integers(np.where(chance(rng, _COLLECTORS, rows), collectors, common))


def _engines(rng: np.random.Generator, cylinders: NDArray[np.int64]) -> NDArray[np.int64]:
    rare = draw(rng, {"4": 0.4, "6": 0.3, "8": 0.2, "5": 0.06, "10": 0.03, "3": 0.008, "12": 0.002},
                len(cylinders)).astype(np.int64)  # fmt: skip
    return np.where(chance(rng, 0.12, len(cylinders)), rare, cylinders)


def _odometers(rng: np.random.Generator, age: NDArray[np.int64]) -> Floats:
    driven = (6_000 + 11_500 * np.minimum(age, 17)) * rng.lognormal(0, 0.42, len(age))
    return clipped(driven, 0, 990_000).round()


def _bodies(rng: np.random.Generator, body: NDArray[Any]) -> NDArray[Any]:
    """Some sellers pick another word for the same body."""
    other = draw(rng, {"other": 0.5, "offroad": 0.2, "convertible": 0.2, "bus": 0.02}, len(body))
    return np.where(chance(rng, 0.025, len(body)), other, body)


def _prices(rng: np.random.Generator, cars: Columns) -> NDArray[np.int64]:
    rows = len(cars["model"])
    prices = _new_prices(cars["model"]) * np.exp(_value(cars)) * rng.lognormal(0, 0.22, rows)
    # A few sellers ask for anything: collectors' cars, and a digit too many.
    prices *= np.where(chance(rng, _COLLECTORS, rows), rng.uniform(1.5, 4.0, rows), 1.0)
    prices = np.where(chance(rng, _JUNK, rows), rng.uniform(1, 999, rows), prices)
    return integers(clipped(prices, 1, 375_000))


def _new_prices(models: NDArray[Any]) -> Floats:
    """What the cars cost when new; one that is none of the known ones costs as a typical one."""
    known = {car.name: car.new_price for car in CARS}
    prices = effect(models, known)
    return np.where(prices > 0, prices, np.median(list(known.values())))


def _value(cars: Columns) -> Floats:
    """The logarithm of what is left of the new price."""
    age = 2019 - cars["model_year"]
    by_age = ((0, -0.3), (3, -0.65), (8, -1.25), (15, -2.1), (22, -2.45), (35, -2.1), (60, -1.0))
    by_condition = {"new": 0.25, "like new": 0.15, "excellent": 0.05, "fair": -0.6, "salvage": -0.9}
    value: Floats = (
        curve(age, by_age)
        - 0.0000022 * (cars["odometer"] - 11_500.0 * np.minimum(age, 17))
        + effect(cars["condition"], by_condition)
        + effect(cars["fuel"], {"diesel": 0.45, "hybrid": 0.05})
        + effect(cars["transmission"], {"manual": -0.05})
        + 0.10 * cars["is_4wd"]
        + 0.03 * (cars["cylinders"] - 6)
    )
    return value


def _advertisement(rng: np.random.Generator, rows: int) -> Columns:
    """What has nothing to do with the car: when it was posted, and how long it took to sell."""
    days = [_FIRST_DAY + timedelta(days=day) for day in range(_DAYS)]
    texts = np.array([f"{day.month}/{day.day}/{day:%y}" for day in days], dtype=object)
    return {
        "date_posted": texts[rng.integers(0, _DAYS, rows)],
        "days_listed": integers(clipped(rng.gamma(1.9, 20.8, rows), 0, 271)),
    }
