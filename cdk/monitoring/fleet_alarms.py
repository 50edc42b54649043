"""The alarms on what all models share: what AWS measures, and what ours count for the stage."""

from collections.abc import Iterator

from cdk.drift.schedule import failed_runs_name
from cdk.retraining.schedule import undelivered_queue_name
from cdk.serving.capture_stream import capture_stream_name
from cdk.serving.captures_function import undelivered_captures_name
from cdk.settings.stage import Stage
from cdk.shared.alarm_rule import (
    DAY,
    LAMBDA,
    MINUTE,
    AlarmRule,
    Crossing,
    Measured,
    Severity,
    share_in_percent,
)
from modelfleet.domain import deployment
from modelfleet.domain.telemetry import ServingMetric
from modelfleet.domain.watching_metrics import WatchingMetric
from modelfleet.settings import namespace

_PERIOD = 5 * MINUTE
_STALE_SECONDS = 3600
_MAXIMUM = "Maximum"


def fleet_alarms(stage: Stage, state_machine_arn: str) -> list[AlarmRule]:
    """All alarms that are no single model's."""
    return [
        *_api(stage),
        *_releases(stage),
        *_retraining(stage, state_machine_arn),
        *_captures(stage),
        *_watching(stage),
    ]


def _api(stage: Stage) -> Iterator[AlarmRule]:
    yield _alarm(
        "api-5xx",
        "the API answered 5xx five times in 5 min",
        _of_api(stage, "5XXError"),
        Severity.CRITICAL,
        limit=5,
    )
    yield AlarmRule(
        kind="errors-over-1-percent",
        severity=Severity.WARNING,
        says="over 1 % of at least 100 requests failed in 15 min",
        metrics={"errors": _of_api(stage, "5XXError"), "requests": _of_api(stage, "Count")},
        expression=share_in_percent("errors", "requests", at_least=100),
        limit=1,
        crossing=Crossing.OVER,
        period_seconds=15 * MINUTE,
    )


def _releases(stage: Stage) -> Iterator[AlarmRule]:
    says = "a model has no version loaded, and its callers are answered 503"
    missing = _of_stage(stage, ServingMetric.NOT_READY_ERRORS)
    yield _alarm("not-ready", says, missing, Severity.CRITICAL)
    says = "a release pointer or its bundle cannot be loaded"
    failed = _of_stage(stage, ServingMetric.REFRESH_FAILURES)
    # One is a hiccup of S3; the next attempt comes after the refresh interval.
    yield _alarm("release-not-followed", says, failed, Severity.CRITICAL, limit=3)


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
    says = "a look at a model found what it is warned of or retrained for"
    found = _of_stage(stage, WatchingMetric.DRIFT_FOUND, _MAXIMUM)
    yield _alarm("drift-found", says, found, period_seconds=DAY)


def _of_api(stage: Stage, name: str) -> Measured:
    api = {"ApiName": stage.resource("api"), "Stage": stage.name}
    return Measured(namespace="AWS/ApiGateway", name=name, dimensions=api)


def _of_stage(
    stage: Stage, metric: ServingMetric | WatchingMetric, statistic: str = "Sum"
) -> Measured:
    """Name what is measured without a dimension: the namespace is the stage's."""
    return Measured(
        namespace=namespace(stage.name), name=metric, dimensions={}, statistic=statistic
    )


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
    period_seconds: int = _PERIOD,
) -> AlarmRule:
    return AlarmRule(
        kind=kind,
        severity=severity,
        says=says,
        metrics={"measured": metric},
        limit=limit,
        period_seconds=period_seconds,
    )
