"""What counts as drift of a date."""

import datetime
import json

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from modelfleet.captures.columns import columns_of
from modelfleet.catalogue import find
from modelfleet.drift.detect import detect_drift
from modelfleet.drift.report import DriftReport, DriftStatus
from modelfleet.spec.features import Features, date, number
from modelfleet.statistics.reference_profile import NumberProfile
from modelfleet.training.profile import reference_profile
from tests.drifting import DAY, WINDOW


class Rental(Features):
    """A time, and a number."""

    when: datetime.datetime | None = date(
        "When", example="2025-12-25T10:30:00", parts=("days", "weekday", "hour"), nullable=True
    )
    fee: float = number("Fee", minimum=0, maximum=1, example=0.5)


SPEC = find("bankchurn").model_copy(update={"features": Rental})
RNG = np.random.default_rng(3)


def rows(first: str, days: int, hours: NDArray[np.int64], missing: float = 0.0) -> pd.DataFrame:
    """Rows of so many days from the first one."""
    moments = np.datetime64(first) + RNG.integers(0, days, hours.size).astype("m8[D]")
    texts = np.datetime_as_string(moments.astype("M8[s]") + hours.astype("m8[h]")).astype(object)
    texts[RNG.random(hours.size) < missing] = None
    return pd.DataFrame({"when": texts, "fee": RNG.random(hours.size)})


REFERENCE = rows("2024-01-01", 366, RNG.integers(6, 20, 4_000))
PROFILE = reference_profile(Rental.columns(), REFERENCE, RNG.random(1_000))


def report(current: pd.DataFrame) -> DriftReport:
    """The report of a window of one day."""
    asked: list[dict[str, object]] = json.loads(current.to_json(orient="records"))
    window = columns_of(Rental.columns(), asked, RNG.random(len(current)))
    return detect_drift(
        SPEC, version="1", profile=PROFILE, current=window, window=WINDOW, made_at=DAY
    )


def test_a_later_day_is_no_drift() -> None:
    """Every prediction is made later than the training rows."""
    found = report(rows("2026-03-04", 1, RNG.integers(6, 20, 1_000)))
    assert found.status is DriftStatus.NO_DRIFT
    assert {column.name for column in found.columns} == {"when", "when (hour)", "fee"}


def test_another_hour_is_drift() -> None:
    """Which the model uses, and which every day has."""
    found = report(rows("2026-03-04", 1, RNG.integers(0, 6, 1_000)))
    assert [column.name for column in found.drifted] == ["when (hour)"]


def test_missing_dates_are_drift() -> None:
    """As missing values of any column are."""
    found = report(rows("2026-03-04", 1, RNG.integers(6, 20, 1_000), missing=0.3))
    assert "when" in {column.name for column in found.drifted}


def test_a_page_shows_dates() -> None:
    """The profile has days since 1970, which nobody reads."""
    known = PROFILE.columns["when"]
    assert isinstance(known, NumberProfile)
    assert known.of_dates
    found = report(rows("2026-03-04", 1, RNG.integers(6, 20, 1_000)))
    labels = next(column for column in found.columns if column.name == "when").reference.labels
    assert labels[0].startswith("2024-01-01 to 2024-0")
    assert labels[-1].startswith("above 2024-12-31")
