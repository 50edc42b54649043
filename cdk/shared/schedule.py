"""Schedules with one call per model, and the dead-letter queue of failed calls."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import Duration, TimeZone, aws_scheduler, aws_sqs
from constructs import Construct

from cdk.settings.stage import Stage

_RETENTION_DAYS = 14
_RETRY_ATTEMPTS = 3
_MAXIMUM_AGE_HOURS = 6


class DeadLetterQueue(aws_sqs.Queue):
    """An encrypted queue that keeps messages as long as SQS can."""

    def __init__(self, scope: Construct, id_: str, *, stage: Stage, name: str) -> None:
        super().__init__(
            scope,
            id_,
            queue_name=name,
            encryption=aws_sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=stage.tls_only,
            retention_period=Duration.days(_RETENTION_DAYS),
        )


class ModelSchedule(aws_scheduler.Schedule):
    """A schedule in UTC."""

    def __init__(
        self,
        scope: Construct,
        model: str,
        *,
        name: str,
        description: str,
        expression: str,
        target: aws_scheduler.IScheduleTarget,
    ) -> None:
        super().__init__(
            scope,
            model,
            schedule_name=name,
            description=description,
            schedule=aws_scheduler.ScheduleExpression.expression(expression, TimeZone.ETC_UTC),
            target=target,
        )


def delivery(request: Mapping[str, Any], undelivered: DeadLetterQueue) -> dict[str, Any]:
    """Return the options of a schedule's target: the request, retries, and dead-letter queue.

    A failed call is retried for some hours, but not until the next call, and then queued.
    """
    return {
        "input": aws_scheduler.ScheduleTargetInput.from_object(dict(request)),
        "dead_letter_queue": undelivered,
        "retry_attempts": _RETRY_ATTEMPTS,
        "max_event_age": Duration.hours(_MAXIMUM_AGE_HOURS),
    }
