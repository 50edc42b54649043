"""Evaluates the engine's alarms periodically, by CloudWatch's rules.

MiniStack evaluates an alarm only when its metric receives a value, ignores dimensions, and does not
support metric math. So an alarm on one model would react to all models, no alarm would end by
itself, and a missing heartbeat would never be noticed.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from ministack.services import cloudwatch
from ministack.services.cloudformation import provisioners

from cli.local_cloud.engine.alarm_states import LOW_SAMPLES, decide
from cli.local_cloud.engine.replacement import Replace

_IDLE_SECONDS = 5.0
_PAUSE_SECONDS = 1.0
_EVICTION_SECONDS = 60.0
_log = logging.getLogger("alarms")


def evaluate_alarms(replace: Replace) -> None:
    """Replace MiniStack's evaluation, and start evaluating in a thread."""
    wake = threading.Event()
    replace(cloudwatch, "_evaluate_alarm", evaluate)
    replace(cloudwatch, "_evaluate_all_alarms", wake.set)
    replace(cloudwatch, "_evict_old_metrics", _seldom(cloudwatch._evict_old_metrics))
    replace(provisioners, "_cw_metric_alarm_record", _record)
    threading.Thread(target=_watch, args=(wake,), name="alarms", daemon=True).start()


def evaluate(alarm: dict[str, Any]) -> None:
    """Update an alarm's state, and run its actions if the state changes."""
    before = alarm["StateValue"]
    decision = decide(alarm, _read, time.time())
    if decision.state == before:
        return
    alarm |= {
        "StateValue": decision.state,
        "StateReason": decision.reason,
        "StateUpdatedTimestamp": int(time.time()),
    }
    cloudwatch._record_history(alarm["AlarmName"], before, decision.state, decision.reason)
    cloudwatch._dispatch_alarm_actions(alarm, before, decision.state, decision.reason)
    cloudwatch._evaluate_parent_alarms(alarm)


def _watch(wake: threading.Event) -> None:
    while True:
        wake.wait(_IDLE_SECONDS)
        wake.clear()
        for alarm in list(cloudwatch._alarms.values()):
            _evaluate_safely(alarm)
        time.sleep(_PAUSE_SECONDS)


def _evaluate_safely(alarm: dict[str, Any]) -> None:
    try:
        evaluate(alarm)
    # One failed evaluation must not stop the ones of other alarms.
    except Exception:  # noqa: BLE001  # logged and retried
        _log.exception("could not evaluate alarm %s", alarm.get("AlarmName"))


def _read(metric: Mapping[str, Any], statistic: str, start: float, end: float) -> float | None:
    dimensions = cloudwatch._dims_key(cloudwatch._dims_from_list(metric.get("Dimensions") or []))
    measured = cloudwatch._metrics.get((metric["Namespace"], metric["MetricName"], dimensions))
    points = [each for each in measured or () if start < each["Timestamp"] <= end]
    if not points:
        return None
    value = cloudwatch._stat_value(cloudwatch._calc_stats(points), statistic, points)
    return None if value is None else float(value)


def _seldom(evict: Callable[[], None]) -> Callable[[], None]:
    """Evict once a minute instead of at every call, because it copies all data points."""
    last = 0.0

    def evict_seldom() -> None:
        nonlocal last
        if time.monotonic() - last >= _EVICTION_SECONDS:
            last = time.monotonic()
            evict()

    return evict_seldom


_record_of_one_metric = provisioners._cw_metric_alarm_record


def _record(name: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """An alarm as its template declares it, including metric math and low-sample percentiles."""
    queries = properties.get("Metrics")
    if not queries:
        record: dict[str, Any] = _record_of_one_metric(name, properties)
        return record | {k: v for k, v in properties.items() if k == LOW_SAMPLES}
    rest = {key: value for key, value in properties.items() if key != "Metrics"}
    record = _record_of_one_metric(name, rest | {"MetricName": "-", "Namespace": "-"})
    for own in ("MetricName", "Namespace", "Statistic", "Period", "Dimensions"):
        del record[own]
    return record | {"Metrics": list(queries)}
