"""Starts MiniStack with all replacements, and connects log delivery and Firehose.

For every invocation that logs, MiniStack starts a delivery thread and with it a worker process, and
drops failed deliveries; its Firehose writes one object per record. A few hundred requests would be
a few hundred processes and objects, and their readers would wait for minutes.
"""

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ministack import app
from ministack.core.responses import get_account_id
from ministack.services import cloudwatch_logs, firehose, lambda_svc

from cli.local_cloud.engine.alarms import evaluate_alarms
from cli.local_cloud.engine.async_invocations import (
    resume_async_invocations,
    retry_async_invocations,
)
from cli.local_cloud.engine.input_transformers import substitute_unescaped
from cli.local_cloud.engine.interrupted_work import announce
from cli.local_cloud.engine.invocation_logs import read_all_log_lines
from cli.local_cloud.engine.log_delivery import Event, LogDelivery, LogEvent, Subscription
from cli.local_cloud.engine.object_writes import write_objects_atomically
from cli.local_cloud.engine.record_batches import ObjectWriter
from cli.local_cloud.engine.replacement import replace
from cli.local_cloud.engine.requests import complete_policy_requests, name_callers
from cli.local_cloud.engine.snapshots import save_snapshots
from cli.local_cloud.engine.workers import let_invocations_end, limit_workers
from cli.local_cloud.state.journal import Journal
from cli.local_cloud.state.restart_report import RestartReport, write_report

_LAMBDA = ":function:"
_log = logging.getLogger("log_delivery")


def main() -> None:
    """Run the engine until it is told to stop."""
    root = Path(os.environ["STATE_DIR"])
    complete_policy_requests()
    name_callers(replace)
    write_objects_atomically(replace, root / "intents")
    read_all_log_lines(replace)
    lines, calls = Journal(root / "lines.jsonl"), Journal(root / "calls.jsonl")
    delivery = LogDelivery(_invoke, _give_up, lines)
    _deliver_logs(delivery)
    _batch_records(ObjectWriter(firehose._put_s3_object))
    retry_async_invocations(replace, calls)
    let_invocations_end(replace)
    limit_workers(replace)
    substitute_unescaped(replace)
    evaluate_alarms(replace)

    def resume_work(report: RestartReport) -> None:
        counted = {
            "deliveries": len(lines.left),
            "calls": len(calls.left),
            "damaged": (*report.damaged, *_damaged(lines, calls)),
        }
        write_report(root, report.model_copy(update=counted))
        delivery.resume(lines.left)
        resume_async_invocations(calls)
        announce(report)

    save_snapshots(replace, root, resume_work)
    app.main()


def _damaged(lines: Journal, calls: Journal) -> Iterator[str]:
    if lines.damaged:
        yield (
            f"damaged entries in the journal of log lines: {lines.damaged}; the predictions in "
            "them are lost"
        )
    if calls.damaged:
        yield (
            f"damaged entries in the journal of asynchronous calls: {calls.damaged}; these calls "
            "are not repeated"
        )


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

    replace(cloudwatch_logs, "_fanout_to_subscription_filters", fan_out)


def _batch_records(objects: ObjectWriter) -> None:
    put_record_batch = firehose._HANDLERS["PutRecordBatch"]

    def batched(data: Mapping[str, Any]) -> Any:
        with objects.batching():
            answer = put_record_batch(data)
        # MiniStack keeps every record forever, in memory and in its state.
        for destination in firehose._streams.get(data.get("DeliveryStreamName"), {}).get(
            "destinations", ()
        ):
            destination["records"].clear()
        return answer

    replace(firehose, "_put_s3_object", objects.put)
    firehose._HANDLERS["PutRecordBatch"] = batched


def _subscriptions(group: str) -> list[tuple[Subscription, str]]:
    """The subscription filters of a log group whose destination is a function, with patterns."""
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
    # One failed delivery must not stop the ones after it.
    except Exception:  # noqa: BLE001  # logged and retried
        _log.exception("could not deliver log events to %s", function)
        return False
    return not answer.get("error")


def _give_up(function: str, event: Event) -> None:
    _log.error("log events could not be delivered to %s, even after retries", function)
    record = lambda_svc._functions.get(function) or {}
    target = record.get("config", {}).get("DeadLetterConfig", {}).get("TargetArn")
    if target:
        lambda_svc._route_async_failure(target, function, event, {})


if __name__ == "__main__":
    main()
