"""Drift is found where there is some, and not where there is none."""

import pytest

from benchmarks.power import FALSE_ALARMS_MAXIMUM, FOUND_MINIMUM, changed_runs, quiet_runs
from benchmarks.power_changes import CHANGES
from modelfleet.catalogue import names


def test_no_drift_is_found_where_there_is_none() -> None:
    """Of two hundred windows of the same population at most two are alarms."""
    found = [run for model in names() for run in quiet_runs(model, 1_000, 50)]
    assert sum(found) <= FALSE_ALARMS_MAXIMUM * len(found)


def test_no_drift_is_found_in_large_windows() -> None:
    """Ten times as many rows are no more alarms."""
    found = [run for model in names() for run in quiet_runs(model, 10_000, 10)]
    assert sum(found) <= FALSE_ALARMS_MAXIMUM * len(found)


@pytest.mark.no_cover  # the next test covers the lines
@pytest.mark.parametrize("change", CHANGES)
def test_drift_is_found_where_there_is_some(change: str) -> None:
    """Of a hundred windows in which one column has changed at most one is missed."""
    found = [run for model in names() for run in changed_runs(model, 1_000, change, 25)]
    assert len(found) >= 75
    assert sum(found) >= FOUND_MINIMUM * len(found)


@pytest.mark.parametrize("change", CHANGES)
def test_drift_is_found_in_large_windows(change: str) -> None:
    """Ten times as many rows hide nothing."""
    found = [run for model in names() for run in changed_runs(model, 10_000, change, 3)]
    assert all(found)
