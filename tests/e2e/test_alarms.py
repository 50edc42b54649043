"""Every alarm on the deployed local cloud: it goes off on its own metrics, and ends by itself."""

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cli.cloud import Cloud
from modelfleet.catalogue import catalogue
from modelfleet.resource_names import PROJECT

pytestmark = pytest.mark.e2e

# More than anything that other tests of the same local cloud measure.
_WEIGHT = 1e9
_RATIO = 100.0
# Data is put so long before it becomes too old to count: an alarm is on for so long.
_ON_SECONDS = 15.0
_DEADLINE_SECONDS = 300.0
_BELOW = {"LessThanThreshold", "LessThanOrEqualToThreshold"}

Alarm = dict[str, Any]


@pytest.fixture(scope="module")
def alarms(cloud: Cloud) -> list[Alarm]:
    """The deployed alarms."""
    prefix = f"{PROJECT}-{cloud.stage}-"
    pages = cloud.client("cloudwatch").get_paginator("describe_alarms")
    found = pages.paginate(AlarmNamePrefix=prefix)
    return [each for page in found for each in page["MetricAlarms"]]


def test_each_alarm_goes_off_and_ends(cloud: Cloud, alarms: list[Alarm]) -> None:
    """What its metrics measure drives each alarm to ALARM; when that is past, it is OK again.

    Where two alarms are on the same metric, what drives one would keep the other from ending, so
    the one that looks further back comes first.
    """
    assert {_kind(cloud, each) for each in alarms} > {"api-5xx", "p99-over-2s", "challenger-fails"}
    for turn in _turns(alarms):
        began = datetime.now(UTC) - timedelta(seconds=1)
        for alarm in turn:
            _drive(cloud, alarm)
        _until_seen(cloud, began, {each["AlarmName"]: _expected(each) for each in turn})


def _turns(alarms: list[Alarm]) -> Iterator[list[Alarm]]:
    """Yield alarms that do not get in each other's way."""
    placed: list[tuple[int, Alarm]] = []
    for alarm in sorted(alarms, key=_memory, reverse=True):
        before = [turn for turn, other in placed if _conflict(alarm, other)]
        placed.append((max(before, default=-1) + 1, alarm))
    for number in range(max(turn for turn, _ in placed) + 1):
        yield [alarm for turn, alarm in placed if turn == number]


def _conflict(alarm: Alarm, other: Alarm) -> bool:
    """Whether what drives one of the alarms counts for the other, over another time."""
    mine, its = _metrics(alarm), _metrics(other)
    if mine[0] == its[0]:
        return _memory(alarm) != _memory(other)
    return mine[0] in its or its[0] in mine


def _drive(cloud: Cloud, alarm: Alarm) -> None:
    """Measure what makes the alarm go off, or a heartbeat that ends it, until soon."""
    client, now = cloud.client("cloudwatch"), time.time()
    for number, metric in enumerate(_metrics(alarm)):
        data = [
            {
                "MetricName": metric["MetricName"],
                "Dimensions": metric["Dimensions"],
                "Timestamp": datetime.fromtimestamp(now - age, UTC),
                "Values": [_value(alarm)],
                # An expression divides its first metric by the others.
                "Counts": [_WEIGHT / _RATIO if number else _WEIGHT],
            }
            for age in _ages(alarm)
        ]
        client.put_metric_data(Namespace=metric["Namespace"], MetricData=data)


def _ages(alarm: Alarm) -> list[float]:
    """The oldest periods that count, as many as the alarm needs, each soon at its end."""
    needed = 1 if _is_heartbeat(alarm) else alarm.get("DatapointsToAlarm", _periods(alarm))
    oldest = [(_looked_at(alarm) - number) * _period(alarm) for number in range(needed)]
    return [seconds - _ON_SECONDS for seconds in oldest]


def _value(alarm: Alarm) -> float:
    if _is_heartbeat(alarm) or "Metrics" in alarm:
        return 1.0
    return 0.0 if alarm["ComparisonOperator"] in _BELOW else 2 * float(alarm["Threshold"])


def _expected(alarm: Alarm) -> list[str]:
    """The states that the alarm comes to, in this order."""
    return ["OK", "ALARM"] if _is_heartbeat(alarm) else ["ALARM", "OK"]


def _until_seen(cloud: Cloud, began: datetime, expected: dict[str, list[str]]) -> None:
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while missing := _unseen(_history(cloud, began), expected):
        assert time.monotonic() < deadline, missing
        time.sleep(2.0)


def _unseen(seen: dict[str, list[str]], expected: dict[str, list[str]]) -> dict[str, list[str]]:
    return {
        name: seen[name] for name, states in expected.items() if not _in_order(states, seen[name])
    }


def _in_order(wanted: Sequence[str], seen: list[str]) -> bool:
    rest = iter(seen)
    return all(state in rest for state in wanted)


def _history(cloud: Cloud, began: datetime) -> dict[str, list[str]]:
    """The states that each alarm has come to since then, in order."""
    pages = cloud.client("cloudwatch").get_paginator("describe_alarm_history")
    found: dict[str, list[str]] = defaultdict(list)
    for page in pages.paginate(
        HistoryItemType="StateUpdate", StartDate=began, ScanBy="TimestampAscending"
    ):
        for item in page["AlarmHistoryItems"]:
            found[item["AlarmName"]].append(item["HistorySummary"].split()[-1])
    return found


def _metrics(alarm: Alarm) -> list[dict[str, Any]]:
    stats = [
        each["MetricStat"]["Metric"] for each in alarm.get("Metrics", ()) if "MetricStat" in each
    ]
    unique = {metric["MetricName"]: metric for metric in stats or [alarm]}
    names = ("Namespace", "MetricName", "Dimensions")
    return [{name: metric[name] for name in names} for metric in unique.values()]


def _is_heartbeat(alarm: Alarm) -> bool:
    return bool(alarm["TreatMissingData"] == "breaching")


def _periods(alarm: Alarm) -> int:
    return int(alarm["EvaluationPeriods"])


def _looked_at(alarm: Alarm) -> int:
    """How many periods count: a difference looks at one more."""
    return _periods(alarm) + ("DIFF(" in repr(alarm.get("Metrics")))


def _period(alarm: Alarm) -> int:
    stated = [
        each["MetricStat"]["Period"] for each in alarm.get("Metrics", ()) if "MetricStat" in each
    ]
    return int(stated[0] if stated else alarm["Period"])


def _memory(alarm: Alarm) -> float:
    """How far back it looks, in seconds."""
    return float(_periods(alarm) * _period(alarm))


def _kind(cloud: Cloud, alarm: Alarm) -> str:
    name = str(alarm["AlarmName"]).removeprefix(f"{PROJECT}-{cloud.stage}-")
    model = next((model for model in catalogue() if name.startswith(f"{model}-")), "")
    return name.removeprefix(f"{model}-")
