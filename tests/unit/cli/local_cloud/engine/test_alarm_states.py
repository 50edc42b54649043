"""Alarm states follow CloudWatch's rules."""

from collections.abc import Mapping
from typing import Any

import pytest

from cli.local_cloud.engine.alarm_states import ALARM, OK, UNKNOWN, decide

NOW = 100_000.0
MINUTE = 60
OWN = {"model": "churn"}


def alarm(**changes: Any) -> dict[str, Any]:
    """An alarm on a sum of 5 in a minute."""
    usual = {
        "Namespace": "modelfleet",
        "MetricName": "errors",
        "Dimensions": [{"Name": "model", "Value": "churn"}],
        "Statistic": "Sum",
        "Period": MINUTE,
        "EvaluationPeriods": 1,
        "Threshold": 5.0,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "missing",
        "StateValue": OK,
    }
    return usual | changes


class Measured:
    """Sums of metrics, by age in seconds."""

    def __init__(self, *points: tuple[str, float, float]) -> None:
        self._points = points
        self.asked: list[tuple[str, str]] = []

    def __call__(
        self, metric: Mapping[str, Any], statistic: str, start: float, end: float
    ) -> float | None:
        """Sum one metric's points within a period."""
        assert {each["Name"]: each["Value"] for each in metric["Dimensions"]} == OWN
        self.asked.append((metric["MetricName"], statistic))
        found = [
            value
            for name, age, value in self._points
            if name == metric["MetricName"] and start < NOW - age <= end
        ]
        return sum(found) if found else None


def state(alarm: dict[str, Any], *points: tuple[str, float, float]) -> str:
    """The state that these points lead to."""
    return decide(alarm, Measured(*points), NOW).state


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("GreaterThanOrEqualToThreshold", 5.0, ALARM),
        ("GreaterThanOrEqualToThreshold", 4.9, OK),
        ("GreaterThanThreshold", 5.0, OK),
        ("GreaterThanThreshold", 5.1, ALARM),
        ("LessThanThreshold", 5.0, OK),
        ("LessThanThreshold", 4.9, ALARM),
        ("LessThanOrEqualToThreshold", 5.0, ALARM),
    ],
)
def test_the_operator_decides_when_the_threshold_is_crossed(
    operator: str, value: float, expected: str
) -> None:
    """Each operator compares in its own direction, with or without the threshold itself."""
    assert state(alarm(ComparisonOperator=operator), ("errors", 1, value)) == expected


def test_values_before_the_period_are_ignored() -> None:
    """An alarm ends by itself once its period has passed."""
    assert state(alarm(), ("errors", MINUTE - 1, 5)) == ALARM
    assert state(alarm(TreatMissingData="notBreaching"), ("errors", MINUTE, 5)) == OK


@pytest.mark.parametrize(
    ("treatment", "before", "expected"),
    [
        ("missing", OK, UNKNOWN),
        ("notBreaching", ALARM, OK),
        ("breaching", OK, ALARM),
        ("ignore", ALARM, ALARM),
        ("ignore", OK, OK),
    ],
)
def test_missing_data_is_treated_as_the_alarm_declares(
    treatment: str, before: str, expected: str
) -> None:
    """A metric without values is unknown, good, bad, or ignored."""
    assert state(alarm(TreatMissingData=treatment, StateValue=before)) == expected


def test_a_heartbeat_is_missed_only_when_all_its_periods_are_silent() -> None:
    """One heartbeat in any of the periods is enough."""
    beat = alarm(
        TreatMissingData="breaching",
        EvaluationPeriods=3,
        Threshold=1.0,
        ComparisonOperator="LessThanThreshold",
    )
    assert state(beat, ("errors", 2 * MINUTE + 1, 1)) == OK
    assert state(beat, ("errors", 3 * MINUTE + 1, 1)) == ALARM


def test_datapoints_to_alarm() -> None:
    """Two bad minutes of three raise an alarm that asks for two; one does not."""
    slow = alarm(EvaluationPeriods=3, DatapointsToAlarm=2, TreatMissingData="notBreaching")
    assert state(slow, ("errors", 1, 5), ("errors", 2 * MINUTE + 1, 5)) == ALARM
    assert state(slow, ("errors", 1, 5), ("errors", 2, 5)) == OK


def test_metric_math_is_calculated_for_each_period() -> None:
    """The alarm compares the value of its one returned expression."""
    queries = [
        {
            "Id": name,
            "MetricStat": {
                "Metric": alarm() | {"MetricName": name},
                "Period": MINUTE,
                "Stat": "Sum",
            },
            "ReturnData": "false",
        }
        for name in ("errors", "requests")
    ]
    math = alarm(Metrics=[{"Id": "share", "Expression": "100 * errors / requests"}, *queries])
    assert state(math, ("errors", 1, 5), ("requests", 1, 100)) == ALARM
    assert state(math, ("errors", 1, 5), ("requests", 1, 101)) == OK
    assert state(math, ("errors", 1, 5)) == UNKNOWN


def test_a_difference_uses_the_previous_period() -> None:
    """A halved daily value raises an alarm on the first day."""
    query = {
        "Id": "errors",
        "MetricStat": {"Metric": alarm(), "Period": MINUTE, "Stat": "Sum"},
        "ReturnData": False,
    }
    fewer = alarm(
        Metrics=[{"Id": "change", "Expression": "DIFF(FILL(errors, 0))"}, query],
        Threshold=-5.0,
        ComparisonOperator="LessThanOrEqualToThreshold",
    )
    assert state(fewer, ("errors", MINUTE + 1, 9), ("errors", 1, 4)) == ALARM
    assert state(fewer, ("errors", MINUTE + 1, 9), ("errors", 1, 5)) == OK
    assert state(fewer, ("errors", 1, 4)) == OK


def test_a_percentile_takes_precedence_over_the_statistic() -> None:
    """An alarm has either one, and the engine fills in the other."""
    measured = Measured(("errors", 1, 5))
    decide(alarm(ExtendedStatistic="p99"), measured, NOW)
    assert measured.asked == [("errors", "p99")]


@pytest.mark.parametrize(("values", "expected"), [(33, OK), (34, ALARM)])
def test_a_percentile_of_few_values_keeps_the_state(values: float, expected: str) -> None:
    """Below 10 / (1 - p) values the state is kept if the alarm asks for it."""
    held = alarm(ExtendedStatistic="p70", EvaluateLowSampleCountPercentile="ignore")
    told = alarm(ExtendedStatistic="p70")
    # The sum stands for both the percentile and the number of values.
    assert state(held, ("errors", 1, values)) == expected
    assert state(told, ("errors", 1, values)) == ALARM
    assert state(held | {"TreatMissingData": "notBreaching", "StateValue": ALARM}) == OK
