"""How alarms of the local engine are decided on: by CloudWatch's rules, one after another."""

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
    """Sums of metrics, at ages in seconds."""

    def __init__(self, *points: tuple[str, float, float]) -> None:
        self._points = points
        self.asked: list[tuple[str, str]] = []

    def __call__(
        self, metric: Mapping[str, Any], statistic: str, start: float, end: float
    ) -> float | None:
        """Sum up one metric's points of a period."""
        assert {each["Name"]: each["Value"] for each in metric["Dimensions"]} == OWN
        self.asked.append((metric["MetricName"], statistic))
        found = [
            value
            for name, age, value in self._points
            if name == metric["MetricName"] and start < NOW - age <= end
        ]
        return sum(found) if found else None


def state(alarm: dict[str, Any], *points: tuple[str, float, float]) -> str:
    """The state that these points call for."""
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
def test_a_threshold_is_crossed_as_the_operator_says(
    operator: str, value: float, expected: str
) -> None:
    """Each comparison holds on its own side, the threshold itself included or not."""
    assert state(alarm(ComparisonOperator=operator), ("errors", 1, value)) == expected


def test_what_is_older_than_the_period_counts_no_more() -> None:
    """An alarm ends by itself when its period has passed."""
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
def test_missing_data_is_what_the_alarm_says_it_is(
    treatment: str, before: str, expected: str
) -> None:
    """Nothing measured at all is unknown, good, bad, or no news."""
    assert state(alarm(TreatMissingData=treatment, StateValue=before)) == expected


def test_a_heartbeat_is_missed_only_when_all_its_periods_are_silent() -> None:
    """One beat in any of the periods is enough."""
    beat = alarm(
        TreatMissingData="breaching",
        EvaluationPeriods=3,
        Threshold=1.0,
        ComparisonOperator="LessThanThreshold",
    )
    assert state(beat, ("errors", 2 * MINUTE + 1, 1)) == OK
    assert state(beat, ("errors", 3 * MINUTE + 1, 1)) == ALARM


def test_some_of_several_periods_may_be_enough() -> None:
    """Two bad minutes of three are an alarm where it says so, one is none."""
    slow = alarm(EvaluationPeriods=3, DatapointsToAlarm=2, TreatMissingData="notBreaching")
    assert state(slow, ("errors", 1, 5), ("errors", 2 * MINUTE + 1, 5)) == ALARM
    assert state(slow, ("errors", 1, 5), ("errors", 2, 5)) == OK


def test_metric_math_is_calculated_for_each_period() -> None:
    """The alarm is on what the one returned expression makes of its metrics."""
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


def test_a_difference_looks_at_the_period_before() -> None:
    """A day that is half of the one before is told from the first day of all."""
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


def test_a_percentile_goes_before_the_statistic() -> None:
    """An alarm has one or the other, and the engine fills in the other."""
    measured = Measured(("errors", 1, 5))
    decide(alarm(ExtendedStatistic="p99"), measured, NOW)
    assert measured.asked == [("errors", "p99")]


@pytest.mark.parametrize(("values", "expected"), [(33, OK), (34, ALARM)])
def test_a_percentile_of_few_values_may_change_nothing(values: float, expected: str) -> None:
    """Below 10 / (1 - p) values the state is held, where the alarm says so."""
    held = alarm(ExtendedStatistic="p70", EvaluateLowSampleCountPercentile="ignore")
    told = alarm(ExtendedStatistic="p70")
    # What is summed up here stands for both: for the percentile, and for how many values it is of.
    assert state(held, ("errors", 1, values)) == expected
    assert state(told, ("errors", 1, values)) == ALARM
    assert state(held | {"TreatMissingData": "notBreaching", "StateValue": ALARM}) == OK
