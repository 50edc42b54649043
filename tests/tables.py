"""Tables as teams have them, each with a peculiarity of its own."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def _chance(rng: np.random.Generator, log_odds: Floats) -> NDArray[np.int64]:
    return (rng.random(log_odds.size) < 1 / (1 + np.exp(-log_odds))).astype(np.int64)


def _standard(values: Floats) -> Floats:
    scaled: Floats = (values - values.mean()) / values.std()
    return scaled


def _numbers(rng: np.random.Generator, rows: int, count: int) -> Floats:
    shared = rng.normal(size=(rows, 1))
    return 0.4 * shared + rng.normal(size=(rows, count))


def wide(rows: int, seed: int = 1) -> pd.DataFrame:
    """Many columns, of which few tell anything."""
    rng = np.random.default_rng(seed)
    X = _numbers(rng, rows, 40)
    frame = pd.DataFrame(X.round(3), columns=[f"sensor_{n}" for n in range(40)])
    frame["failed"] = _chance(rng, 1.6 * X[:, 0] - 1.3 * X[:, 7] + X[:, 11] * X[:, 0])
    return frame


def narrow(rows: int, seed: int = 1) -> pd.DataFrame:
    """Two columns and a number to predict."""
    rng = np.random.default_rng(seed)
    size, age = rng.gamma(4, 20, rows).round(1), rng.integers(0, 60, rows)
    rent = 200 + 9.5 * size - 2.5 * age + rng.normal(0, 60, rows)
    return pd.DataFrame({"size": size, "age": age, "rent": rent.round(2)})


def categorical(rows: int, seed: int = 1) -> pd.DataFrame:
    """Nothing but categories, one of them open."""
    rng = np.random.default_rng(seed)
    sizes = {"region": 5, "channel": 4, "plan": 3, "segment": 6, "device": 3, "shop": 40}
    fixed = np.random.default_rng(0)
    effects = {name: fixed.normal(0, 0.8, count) for name, count in sizes.items()}
    drawn = {name: rng.integers(0, len(effect), rows) for name, effect in effects.items()}
    log_odds = sum(effects[name][values] for name, values in drawn.items()) - 0.5
    frame = pd.DataFrame(
        {n: [f"{n} {value:02d}" for value in values] for n, values in drawn.items()}
    )
    frame["bought"] = _chance(rng, np.asarray(log_odds))
    return frame


def numeric(rows: int, seed: int = 1) -> pd.DataFrame:
    """Nothing but numbers, some of them counts, semicolons and decimal commas between them."""
    rng = np.random.default_rng(seed)
    X = _numbers(rng, rows, 8)
    frame = pd.DataFrame({f"x{n}": X[:, n].round(4) for n in range(6)})
    frame["visits"], frame["errors"] = rng.poisson(4, rows), rng.poisson(0.7, rows)
    log_odds = X[:, 0] + np.abs(X[:, 1]) - 0.25 * frame["visits"] + 0.6 * frame["errors"]
    frame["quality"] = _chance(rng, np.asarray(log_odds))
    return frame


def sparse(rows: int, seed: int = 1) -> pd.DataFrame:
    """Sixty of a hundred values are missing."""
    frame = numeric(rows, seed)
    rng = np.random.default_rng(seed + 1)
    frame["colour"] = rng.choice(["red", "green", "blue"], rows)
    features = frame.columns.drop("quality")
    return frame.assign(**frame[features].mask(rng.random((rows, len(features))) < 0.6))


def unicode(rows: int, seed: int = 1) -> pd.DataFrame:
    """Headers and values in several scripts."""
    rng = np.random.default_rng(seed)
    town = rng.choice(["東京", "大阪", "Köln", "Łódź"], rows, p=[0.4, 0.3, 0.2, 0.1])
    income = rng.lognormal(8, 0.4, rows).round(2)
    size, past = rng.integers(30, 200, rows), rng.integers(0, 9, rows)
    log_odds = 1.2 * _standard(np.log(income)) - 0.01 * size + 0.8 * (town == "大阪") + 0.1 * past
    return pd.DataFrame(
        {"都市": town, "Größe [m²]": size, "доход": income, "прошлое": past,
         "gekündigt?": np.where(_chance(rng, log_odds) == 1, "да", "нет")}
    )  # fmt: skip


def brackets(rows: int, seed: int = 1) -> pd.DataFrame:
    """Headers with blanks and brackets, and words that Python keeps for itself."""
    rng = np.random.default_rng(seed)
    charges, months = rng.normal(70, 25, rows).clip(10, 150).round(2), rng.integers(0, 72, rows)
    contract = rng.choice(["monthly", "one year", "two years"], rows, p=[0.6, 0.2, 0.2])
    log_odds = 0.03 * (charges - 70) - 0.04 * (months - 30) + 1.1 * (contract == "monthly") - 1
    total = charges * months * rng.normal(1, 0.05, rows)
    return pd.DataFrame(
        {"Monthly Charges ($)": charges, "class": contract, "Months (since start)": months,
         "Total [USD]": [f"{value:,.2f}" if value else " " for value in total],
         "Is left?": np.where(_chance(rng, log_odds) == 1, "Yes", "No")}
    )  # fmt: skip


def boolean(rows: int, seed: int = 1) -> pd.DataFrame:
    """A target of True and False, and a feature too."""
    frame = numeric(rows, seed).rename(columns={"quality": "passed"})
    rng = np.random.default_rng(seed + 2)
    frame["second_try"] = rng.random(rows) < 0.3
    frame["passed"] = frame["passed"] == 1
    return frame


def graded(rows: int, seed: int = 1) -> pd.DataFrame:
    """A target of four words, one of them in two spellings."""
    rng = np.random.default_rng(seed)
    X, colour = _numbers(rng, rows, 5), rng.choice(["red", "green", "blue", "grey"], rows)
    scores = np.column_stack(
        [1.5 * X[:, 0], X[:, 1] - 0.5 * X[:, 0], 1.4 * X[:, 2], 1.6 * (colour == "blue") - 0.2]
    )
    names = np.array(["low", "middle", "high", "extreme value"])
    grade = names[(scores + rng.gumbel(size=scores.shape)).argmax(axis=1)].astype(object)
    grade[: rows // 20] = np.char.title(grade[: rows // 20].astype(str))
    frame = pd.DataFrame({f"x{n}": X[:, n].round(3) for n in range(5)})
    return frame.assign(colour=colour, grade=grade)


def skewed(rows: int, seed: int = 1) -> pd.DataFrame:
    """Prices of a few thousand, and some of a few hundred thousand, with currency signs."""
    rng = np.random.default_rng(seed)
    year, miles = rng.integers(1995, 2024, rows), rng.gamma(3, 30_000, rows).round()
    brand = rng.choice(["ford", "kia", "bmw", "ferrari"], rows, p=[0.5, 0.3, 0.19, 0.01])
    worth = {"ford": 9.6, "kia": 9.3, "bmw": 10.3, "ferrari": 12.4}
    scale = np.array([worth[name] for name in brand])
    log_price = scale + 0.05 * (year - 2015) - 4e-6 * miles + rng.normal(0, 0.2, rows)
    price = [f"${value:,.0f}" for value in np.exp(log_price)]
    return pd.DataFrame({"year": year, "miles": miles, "brand": brand, "price": price})


def dated(rows: int, seed: int = 1) -> pd.DataFrame:
    """Dates as text, in the order of nothing."""
    rng = np.random.default_rng(seed)
    frame = narrow(rows, seed)
    days = pd.Timestamp("2022-03-01") + pd.to_timedelta(rng.integers(0, 700, rows), unit="D")
    return frame.assign(listed=days.strftime("%d.%m.%Y"))


def leaking(rows: int, seed: int = 1) -> pd.DataFrame:
    """The answer under another name, and a column that is known when the answer is."""
    frame = numeric(rows, seed)
    rng = np.random.default_rng(seed + 3)
    frame["grade"] = np.where(frame["quality"] == 1, "A", "F")
    frame["quality score"] = frame["quality"] * 40 + rng.integers(0, 60, rows)
    return frame


def identified(rows: int, seed: int = 1) -> pd.DataFrame:
    """Rows that are named, by number, by person and by e-mail, and a column that never varies."""
    rng = np.random.default_rng(seed)
    names = rng.choice(["Ada", "Bo", "Cleo", "Dan", "Eve"], (2, rows))
    numbers = rng.permutation(rows)
    return numeric(rows, seed).assign(
        row=np.arange(1, rows + 1),
        customer_id=[f"C{n:06d}" for n in numbers],
        **{"Full name": [f"{a} {b}son{n}" for a, b, n in zip(*names, numbers, strict=True)]},
        contact=[f"{a}.{n}@example.com".lower() for a, n in zip(names[0], numbers, strict=True)],
        reached=[f"+49 30 {1_000_000 + n}" for n in numbers],
        country="DE",
    )


def bikes(rows: int, seed: int = 1) -> pd.DataFrame:
    """Rented bikes: what an hour means depends on the day, and the weather scales both."""
    rng = np.random.default_rng(seed)
    hour, works = rng.integers(0, 24, rows), rng.random(rows) < 5 / 7
    celsius = rng.normal(12, 9, rows).round(1)
    rain = rng.choice(["none", "light", "heavy"], rows, p=[0.7, 0.2, 0.1])
    commute = 300 * np.exp(-((hour - 8) ** 2) / 4) + 350 * np.exp(-((hour - 17.5) ** 2) / 5)
    leisure = 260 * np.exp(-((hour - 14) ** 2) / 18)
    dry = np.select([rain == "none", rain == "light"], [1.0, 0.7], 0.35)
    mean = (np.where(works, commute, leisure) + 35) * (0.3 + celsius.clip(0) / 25) * dry
    return pd.DataFrame(
        {
            "record": np.arange(1, rows + 1),
            "hour": hour,
            "working day": np.where(works, "yes", "no"),
            "temperature (C)": celsius,
            "rain": rain,
            "rented": rng.poisson(mean * rng.gamma(20, 1 / 20, rows)),
        }
    )


TARGETS: dict[Callable[..., pd.DataFrame], str] = {
    wide: "failed",
    narrow: "rent",
    categorical: "bought",
    numeric: "quality",
    sparse: "quality",
    unicode: "gekündigt?",
    brackets: "Is left?",
    boolean: "passed",
    graded: "grade",
    skewed: "price",
    dated: "rent",
    leaking: "quality",
    identified: "quality",
}
"""Every table that becomes a model, and the column to predict."""


def write(frame: pd.DataFrame, folder: Path, name: str) -> Path:
    """Write a table as its owners would: each in another way."""
    path = folder / f"{name}.csv"
    if name == "numeric":
        frame.to_csv(path, index=False, sep=";", decimal=",")
    elif name == "unicode":
        frame.to_csv(path, index=False, encoding="utf-16", sep="\t")
    elif name == "sparse":
        path = path.with_suffix(".parquet")
        frame.to_parquet(path)
    elif name == "skewed":
        frame.to_csv(path, index=False, sep="|", quoting=1)
    else:
        frame.to_csv(path, index=False)
    return path
