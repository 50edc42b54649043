"""Limits of data, and measures held against them."""

import pytest
from pydantic import ValidationError

from modelfleet.datasets.data_report import Status, judged, worst_first
from modelfleet.spec.data_limits import Check, DataLimits, Limit


def test_a_warning_comes_before_a_refusal() -> None:
    """Limits the wrong way round are an error that tells both."""
    with pytest.raises(ValidationError, match=r"warn 0.5 is above fail 0.1"):
        Limit(warn=0.5, fail=0.1)


def test_a_limit_that_is_unknown_is_refused() -> None:
    """A misspelled limit is an error and not a limit that is never reached."""
    with pytest.raises(ValidationError, match="leackage"):
        DataLimits(leackage=Limit(fail=1))  # type: ignore[call-arg]  # that is the point


@pytest.mark.parametrize(
    ("value", "status"),
    [(0.05, Status.PASS), (0.1, Status.PASS), (0.11, Status.WARN), (0.5, Status.WARN),
     (0.51, Status.FAIL)],
)  # fmt: skip
def test_a_measure_is_held_against_its_limits(value: float, status: Status) -> None:
    """Limits themselves are still allowed."""
    finding = judged(Check.MISSING, value, Limit(warn=0.1, fail=0.5), "told", "age")
    assert finding.status is status


@pytest.mark.parametrize(
    ("check", "message"),
    [
        (Check.MISSING, "column age: told; the limit is 10%"),
        (Check.LEAKAGE, "column age: told; the limit is 0.1"),
    ],
)
def test_a_finding_names_the_limit_that_it_passes(check: Check, message: str) -> None:
    """Shares are told as percentages, like the measures beside them."""
    assert judged(check, 0.2, Limit(warn=0.1), "told", "age").line == message


def test_without_limits_nothing_is_found_wanting() -> None:
    """A measure nobody limits is there to be read."""
    assert judged(Check.ROWS, 1e9, Limit(), "told").status is Status.PASS


def test_the_worst_comes_first() -> None:
    """Findings are in the order of their status, and otherwise as they were found."""
    limit = Limit(warn=0.1, fail=0.5)
    found = [judged(Check.MISSING, v, limit, str(v)) for v in (0.0, 0.2, 0.9, 0.3)]
    assert [finding.value for finding in worst_first(found)] == [0.9, 0.2, 0.3, 0.0]
