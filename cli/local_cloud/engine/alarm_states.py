"""Decides the state of an alarm from its metrics, as CloudWatch does.

Source: Amazon CloudWatch user guide, "Using Amazon CloudWatch alarms", on evaluating an alarm, on
missing data, and on percentile-based alarms with few samples.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from cli.local_cloud.engine.metric_math import calculate

OK, ALARM, UNKNOWN = "OK", "ALARM", "INSUFFICIENT_DATA"

_BREACHES: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}

LOW_SAMPLES = "EvaluateLowSampleCountPercentile"
# Number of values that must lie beyond a percentile for it to be statistically significant.
_SIGNIFICANT = 10

Alarm = Mapping[str, Any]
Values = Sequence[float | None]


class MetricReader(Protocol):
    """Reads a statistic of a metric with exactly its dimensions; `None` if it has no value."""

    def __call__(
        self, metric: Mapping[str, Any], statistic: str, start: float, end: float, /
    ) -> float | None:
        """Read the interval from `start` (exclusive) to `end` (inclusive), in Unix time."""
        ...


@dataclass(frozen=True, slots=True)
class Decision:
    """An alarm's state, and why."""

    state: str
    reason: str


def decide(alarm: Alarm, read: MetricReader, now: float) -> Decision:
    """Decide the state of an alarm.

    Parameters
    ----------
    alarm
        As in `PutMetricAlarm`, with its current state.
    read
        Reads its metrics.
    now
        The end of its latest period, in Unix time.
    """
    periods = int(alarm.get("EvaluationPeriods") or 1)
    seconds = _period(alarm)
    if _too_few(alarm, read, now - periods * seconds, now):
        return Decision(str(alarm["StateValue"]), "too few values for a percentile")
    values = [
        _measured(alarm, read, now - (age + 1) * seconds, now - age * seconds)
        for age in range(periods)
    ]
    compared = f"{alarm['ComparisonOperator']} {alarm['Threshold']}"
    return Decision(_state(alarm, values), f"values {values}, latest first; alarm if {compared}")


def _too_few(alarm: Alarm, read: MetricReader, start: float, end: float) -> bool:
    if alarm.get(LOW_SAMPLES) != "ignore":
        return False
    share = float(alarm["ExtendedStatistic"].removeprefix("p")) / 100
    count = read(alarm, "SampleCount", start, end)
    return count is not None and count * min(share, 1 - share) < _SIGNIFICANT


def _state(alarm: Alarm, values: Values) -> str:
    if all(value is None for value in values) and alarm["TreatMissingData"] == "ignore":
        return str(alarm["StateValue"])
    breaches = [_breaches(alarm, value) for value in values]
    wanted = int(alarm.get("DatapointsToAlarm") or len(values))
    if sum(each is True for each in breaches) >= wanted:
        return ALARM
    return UNKNOWN if all(each is None for each in breaches) else OK


def _breaches(alarm: Alarm, value: float | None) -> bool | None:
    if value is None:
        return {"breaching": True, "notBreaching": False}.get(alarm["TreatMissingData"])
    return _BREACHES[alarm["ComparisonOperator"]](value, float(alarm["Threshold"]))


def _period(alarm: Alarm) -> int:
    stated = [each["MetricStat"]["Period"] for each in _queries(alarm) if "MetricStat" in each]
    return int(stated[0] if stated else alarm["Period"])


def _queries(alarm: Alarm) -> Sequence[Mapping[str, Any]]:
    return alarm.get("Metrics") or ()


def _measured(alarm: Alarm, read: MetricReader, start: float, end: float) -> float | None:
    queries = _queries(alarm)
    if not queries:
        statistic = alarm.get("ExtendedStatistic") or alarm["Statistic"]
        return read(alarm, statistic, start, end)
    (asked,) = [each for each in queries if _is_returned(each)]
    values = _values(queries, read, start, end)
    if "Expression" not in asked:
        return values[asked["Id"]]
    before = _values(queries, read, 2 * start - end, start)
    return calculate(asked["Expression"], values, before)


def _values(
    queries: Sequence[Mapping[str, Any]], read: MetricReader, start: float, end: float
) -> dict[str, float | None]:
    stated = {each["Id"]: each["MetricStat"] for each in queries if "MetricStat" in each}
    return {name: read(each["Metric"], each["Stat"], start, end) for name, each in stated.items()}


def _is_returned(query: Mapping[str, Any]) -> bool:
    # In templates it may be a string.
    return str(query.get("ReturnData", True)).lower() == "true"
