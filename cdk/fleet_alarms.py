"""The alarms on what all models share, on metrics that AWS itself emits."""

from collections.abc import Iterator

from cdk.alarm_rule import MINUTE, AlarmRule, Measured, Severity
from cdk.constructs.capture_stream import capture_stream_name
from cdk.constructs.captures_function import undelivered_captures_name
from cdk.constructs.drift_schedule import failed_runs_name
from cdk.constructs.retraining_schedule import undelivered_queue_name
from cdk.model_alarms import LAMBDA
from cdk.stage import Stage
from modelfleet.domain import deployment

_PERIOD = 5 * MINUTE
_STALE_SECONDS = 3600
_MAXIMUM = "Maximum"


def fleet_alarms(stage: Stage, state_machine_arn: str) -> list[AlarmRule]:
    """All alarms that are no single model's."""
    return [
        *_api(stage),
        *_retraining(stage, state_machine_arn),
        *_captures(stage),
        *_watching(stage),
    ]


def _api(stage: Stage) -> Iterator[AlarmRule]:
    api = {"ApiName": stage.resource("api"), "Stage": stage.name}
    says = "the API answered 5xx five times in 5 min"
    metric = Measured(namespace="AWS/ApiGateway", name="5XXError", dimensions=api)
    yield _alarm("api-5xx", says, metric, Severity.CRITICAL, limit=5)


def _retraining(stage: Stage, state_machine_arn: str) -> Iterator[AlarmRule]:
    machine = {"StateMachineArn": state_machine_arn}
    for kind, says, name in (
        ("retraining-failed", "a retraining failed", "ExecutionsFailed"),
        ("retraining-timed-out", "a retraining took too long", "ExecutionsTimedOut"),
    ):
        yield _alarm(kind, says, Measured(namespace="AWS/States", name=name, dimensions=machine))
    says = "a scheduled start of a retraining was not delivered"
    yield _alarm("schedule-undelivered", says, _waiting(undelivered_queue_name(stage)))


def _captures(stage: Stage) -> Iterator[AlarmRule]:
    function = {"FunctionName": deployment.captures_function(stage.name)}
    errors = Measured(namespace=LAMBDA, name="Errors", dimensions=function)
    yield _alarm("captures-errors", "predictions were not carried to the lake at once", errors)
    says = "predictions were given up on their way to the lake"
    yield _alarm("captures-undelivered", says, _waiting(undelivered_captures_name(stage)))
    stale = Measured(
        namespace="AWS/Firehose",
        name="DeliveryToS3.DataFreshness",
        dimensions={"DeliveryStreamName": capture_stream_name(stage)},
        statistic=_MAXIMUM,
    )
    says = "predictions have waited for an hour to be written to the lake"
    yield _alarm("captures-stale", says, stale, limit=_STALE_SECONDS)


def _watching(stage: Stage) -> Iterator[AlarmRule]:
    says = "a drift function failed to the end, or nobody could be told of what it decided"
    yield _alarm("drift-failed", says, _waiting(failed_runs_name(stage)))


def _waiting(queue: str) -> Measured:
    return Measured(
        namespace="AWS/SQS",
        name="ApproximateNumberOfMessagesVisible",
        dimensions={"QueueName": queue},
        statistic=_MAXIMUM,
    )


def _alarm(
    kind: str,
    says: str,
    metric: Measured,
    severity: Severity = Severity.WARNING,
    *,
    limit: float = 1,
) -> AlarmRule:
    return AlarmRule(
        kind=kind,
        severity=severity,
        says=says,
        metrics={"measured": metric},
        limit=limit,
        period_seconds=_PERIOD,
    )
