"""Schedules with one call per model, and the dead-letter queue of failed calls."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import Aws, Duration, TimeZone, aws_iam, aws_scheduler, aws_sqs
from constructs import Construct

from cdk.settings.stage import Stage
from cdk.shared.permissions import arn_of

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


class SchedulerRole(aws_iam.Role):
    """A role with which all schedules of a stack call functions whose names match a pattern.

    The CDK would add a role for each function: an account has 1,000 by default.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """

    def __init__(self, scope: Construct, id_: str, *, functions: str) -> None:
        super().__init__(
            scope,
            id_,
            # https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
            assumed_by=aws_iam.ServicePrincipal(
                "scheduler.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            ),
        )
        self.add_to_policy(
            aws_iam.PolicyStatement(
                actions=["lambda:InvokeFunction"],
                resources=[arn_of(self, "lambda", "function", functions)],
            )
        )


class ModelSchedule(aws_scheduler.Schedule):
    """A schedule in UTC, whose calls start within a window of some minutes.

    Most models have the same times. The scheduler spreads their calls over the window, so that a
    large fleet does not need all of its account's concurrency at once:
    https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-flexible-time-windows.html
    """

    def __init__(
        self,
        scope: Construct,
        model: str,
        *,
        name: str,
        description: str,
        expression: str,
        window_minutes: int,
        target: aws_scheduler.IScheduleTarget,
    ) -> None:
        super().__init__(
            scope,
            model,
            schedule_name=name,
            description=description,
            schedule=aws_scheduler.ScheduleExpression.expression(expression, TimeZone.ETC_UTC),
            target=target,
            time_window=aws_scheduler.TimeWindow.flexible(Duration.minutes(window_minutes)),
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
