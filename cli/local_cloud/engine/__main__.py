"""The AWS engine's process: MiniStack, with what it lacks of logs, streams, calls and alarms.

MiniStack starts a thread, and with it a worker process, for every invocation that logs, and drops
what fails; its Firehose writes an object for every record. A few hundred requests are a few hundred
processes, and whoever reads what they left waits for minutes.
"""

import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from ministack import app
from ministack.core.responses import get_account_id
from ministack.services import cloudwatch_logs, firehose, lambda_svc

from cli.local_cloud.engine.alarms import keep_alarms
from cli.local_cloud.engine.async_invocations import keep_calls, resume
from cli.local_cloud.engine.callers import name_callers
from cli.local_cloud.engine.interrupted_work import announce
from cli.local_cloud.engine.invocation_logs import gather_lines
from cli.local_cloud.engine.log_delivery import Event, LogDelivery, LogEvent, Subscription
from cli.local_cloud.engine.object_writes import keep_objects_whole
from cli.local_cloud.engine.record_batches import ObjectWriter
from cli.local_cloud.engine.requests import complete_requests
from cli.local_cloud.engine.snapshots import keep_state
from cli.local_cloud.engine.workers import let_invocations_end, take_turns
from cli.local_cloud.state.journal import Journal
from cli.local_cloud.state.restart_report import Restored, write_restored

_LAMBDA = ":function:"
_log = logging.getLogger("log_delivery")


def main() -> None:
    """Run the engine until it is told to stop."""
    root = Path(os.environ["STATE_DIR"])
    complete_requests()
    name_callers(_replace)
    keep_objects_whole(_replace, root / "intents")
    gather_lines(_replace)
    lines, calls = Journal(root / "lines.jsonl"), Journal(root / "calls.jsonl")
    delivery = LogDelivery(_invoke, _give_up, lines)
    _deliver_logs(delivery)
    _gather_records(ObjectWriter(firehose._put_s3_object))
    keep_calls(_replace, calls)
    let_invocations_end(_replace)
    take_turns(_replace)
    keep_alarms(_replace)

    def go_on(restored: Restored) -> None:
        told = {
            "deliveries": len(lines.left),
            "calls": len(calls.left),
            "damaged": (*restored.damaged, *_damaged(lines, calls)),
        }
        write_restored(root, restored.model_copy(update=told))
        delivery.resume(lines.left)
        resume(calls)
        announce(restored)

    keep_state(_replace, root, go_on)
    app.main()


def _damaged(lines: Journal, calls: Journal) -> Iterator[str]:
    if lines.damaged:
        yield (
            f"{lines.damaged} entries of the journal of log lines are damaged; "
            "predictions that they held are lost"
        )
    if calls.damaged:
        yield f"{calls.damaged} entries of the journal of calls are damaged; those are not made"


def _deliver_logs(delivery: LogDelivery) -> None:
    def fan_out(group: str, stream: str, events: Sequence[Mapping[str, Any]]) -> None:
        for subscription, pattern in _subscriptions(group):
            found = [
                LogEvent(stream, event["timestamp"], event["message"])
                for event in events
                if cloudwatch_logs._subscription_pattern_matches(pattern, event["message"])
            ]
            if found:
                delivery.offer(subscription, found)

    _replace(cloudwatch_logs, "_fanout_to_subscription_filters", fan_out)


def _gather_records(objects: ObjectWriter) -> None:
    put_record_batch = firehose._HANDLERS["PutRecordBatch"]

    def gathered(data: Mapping[str, Any]) -> Any:
        with objects.gathering():
            answer = put_record_batch(data)
        # It keeps every record it ever took, in memory and in its state.
        for destination in firehose._streams.get(data.get("DeliveryStreamName"), {}).get(
            "destinations", ()
        ):
            destination["records"].clear()
        return answer

    _replace(firehose, "_put_s3_object", objects.put)
    firehose._HANDLERS["PutRecordBatch"] = gathered


def _replace(module: ModuleType, name: str, function: Callable[..., Any]) -> None:
    if not callable(getattr(module, name, None)):
        raise SystemExit(f"this release of MiniStack has no {module.__name__}.{name} to replace")
    setattr(module, name, function)


def _subscriptions(group: str) -> list[tuple[Subscription, str]]:
    """The filters of a log group that lead to functions, with their patterns."""
    filters = (cloudwatch_logs._log_groups.get(group) or {}).get("subscriptionFilters") or {}
    return [
        (
            Subscription(
                owner=get_account_id(),
                log_group=group,
                filter_name=each["filterName"],
                function=each["destinationArn"].split(_LAMBDA)[-1].split(":")[0],
            ),
            each.get("filterPattern", ""),
        )
        for each in filters.values()
        if _LAMBDA in each.get("destinationArn", "")
    ]


def _invoke(function: str, event: Event) -> bool:
    record = lambda_svc._functions.get(function)
    if record is None:
        return False
    try:
        answer = lambda_svc._execute_function_with_config_scope(record, event)
    # Whatever the engine fails with, the deliveries after this one must go on.
    except Exception:  # noqa: BLE001  answered for: logged, and tried again
        _log.exception("a delivery of log events to %s was not made", function)
        return False
    return not answer.get("error")


def _give_up(function: str, event: Event) -> None:
    _log.error("a delivery of log events to %s failed to the end", function)
    record = lambda_svc._functions.get(function) or {}
    target = record.get("config", {}).get("DeadLetterConfig", {}).get("TargetArn")
    if target:
        lambda_svc._route_async_failure(target, function, event, {})


if __name__ == "__main__":
    main()
