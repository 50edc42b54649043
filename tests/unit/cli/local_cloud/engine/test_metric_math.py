"""Metric math gives the same values as CloudWatch's."""

import pytest

from cli.local_cloud.engine.metric_math import calculate

SHARE = "IF(requests >= 20, 100 * errors / requests, 0)"


@pytest.mark.parametrize(
    ("expression", "values", "expected"),
    [
        (SHARE, {"requests": 100.0, "errors": 7.0}, 7.0),
        (SHARE, {"requests": 19.0, "errors": 19.0}, 0.0),
        (SHARE, {"requests": None, "errors": 1.0}, None),
        (SHARE, {"requests": 20.0, "errors": None}, None),
        ("FILL(errors, 0) / requests", {"requests": 20.0, "errors": None}, 0.0),
        ("errors / requests", {"requests": 0.0, "errors": 1.0}, None),
        ("(a - b) < 2", {"a": 3.0, "b": 2.0}, 1.0),
        ("a > b", {"a": 1.0, "b": 2.0}, 0.0),
    ],
)
def test_expressions(
    expression: str, values: dict[str, float | None], expected: float | None
) -> None:
    """Arithmetic is per period, and a missing value is not zero unless it is filled."""
    assert calculate(expression, values) == expected


BEFORE = "(FILL(a, 0) - DIFF(FILL(a, 0)))"
HALVED = f"IF({BEFORE} >= 100, 100 * FILL(a, 0) / {BEFORE}, 100)"


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [(40.0, 100.0, 40.0), (None, 100.0, 0.0), (1.0, 99.0, 100.0), (300.0, 100.0, 300.0)],
)
def test_the_difference_to_the_previous_period(
    now: float | None, before: float | None, expected: float
) -> None:
    """`DIFF` subtracts the previous period, also if a filled value is missing in this one."""
    assert calculate(HALVED, {"a": now}, {"a": before}) == expected


@pytest.mark.parametrize(
    "expression",
    ["DIFF(a)", "ANOMALY_DETECTION_BAND(a)", "unknown", "a ** 2", "a.b", "a +", "a == 1"],
)
def test_unsupported_expressions_are_rejected(expression: str) -> None:
    """An expression that is not supported is an error, never a number."""
    with pytest.raises(ValueError, match=r"metric math|operator"):
        calculate(expression, {"a": 1.0})
