"""Alarms of the whole fleet: on AWS's own metrics, and on counts of all models together."""

from collections.abc import Iterator

from cdk.settings.stage import Stage
from cdk.shared.alarm_rule import (
    DAY,
    LAMBDA,
    MINUTE,
    AlarmRule,
    Comparison,
    Measured,
    Severity,
    of_stage,
    share_in_percent,
)
from modelfleet.metrics.drift_metrics import DriftMetric
from modelfleet.metrics.serving_metrics import ServingMetric
from modelfleet.resource_names import Resource, captures_function

_PERIOD = 5 * MINUTE
_STALE_SECONDS = 3600
_MAXIMUM = "Maximum"


def fleet_alarms(stage: Stage, state_machine_arn: str) -> list[AlarmRule]:
    """Return the alarms that do not belong to a single model."""
    return [
        *_api(stage),
        *_releases(stage),
        *_retraining(stage, state_machine_arn),
        *_captures(stage),
        *_drift(stage),
    ]


def _api(stage: Stage) -> Iterator[AlarmRule]:
    yield _alarm(
        "api-5xx",
        "the API returned 5 responses with status 5xx in 5 min",
        _of_api(stage, "5XXError"),
        Severity.CRITICAL,
        limit=5,
    )
    yield AlarmRule(
        kind="errors-over-1-percent",
        severity=Severity.WARNING,
        summary="over 1% of at least 100 requests failed in 15 min",
        metrics={"errors": _of_api(stage, "5XXError"), "requests": _of_api(stage, "Count")},
        expression=share_in_percent("errors", "requests", at_least=100),
        limit=1,
        comparison=Comparison.OVER,
        period_seconds=15 * MINUTE,
    )


def _releases(stage: Stage) -> Iterator[AlarmRule]:
    yield _alarm(
        "not-ready",
        "a model has no version loaded and answers with status 503",
        of_stage(stage.name, ServingMetric.NOT_READY_ERRORS),
        Severity.CRITICAL,
    )
    yield _alarm(
        "release-not-followed",
        "a release pointer or its bundle failed to load 3 times in 5 min",
        of_stage(stage.name, ServingMetric.REFRESH_FAILURES),
        Severity.CRITICAL,
        # A single failure may be S3's; functions retry after the refresh interval.
        limit=3,
    )


def _retraining(stage: Stage, state_machine_arn: str) -> Iterator[AlarmRule]:
    machine = {"StateMachineArn": state_machine_arn}
    for kind, summary, name in (
        ("retraining-failed", "a retraining failed", "ExecutionsFailed"),
        ("retraining-timed-out", "a retraining timed out", "ExecutionsTimedOut"),
    ):
        yield _alarm(kind, summary, Measured(namespace="AWS/States", name=name, dimensions=machine))
    yield _alarm(
        "schedule-undelivered",
        "a scheduled retraining could not be started",
        _queued(stage, Resource.UNDELIVERED_SCHEDULES),
    )


def _captures(stage: Stage) -> Iterator[AlarmRule]:
    function = {"FunctionName": captures_function(stage.name)}
    yield _alarm(
        "captures-errors",
        "delivering predictions to the lake failed and is retried",
        Measured(namespace=LAMBDA, name="Errors", dimensions=function),
    )
    yield _alarm(
        "captures-undelivered",
        "predictions could not be delivered to the lake and are in a dead-letter queue",
        _queued(stage, Resource.UNDELIVERED_CAPTURES),
    )
    yield _alarm(
        "captures-stale",
        "predictions have been waiting for an hour to be written to the lake",
        Measured(
            namespace="AWS/Firehose",
            name="DeliveryToS3.DataFreshness",
            dimensions={"DeliveryStreamName": stage.resource(Resource.CAPTURES)},
            statistic=_MAXIMUM,
        ),
        limit=_STALE_SECONDS,
    )


def _drift(stage: Stage) -> Iterator[AlarmRule]:
    yield _alarm(
        "drift-failed",
        "a drift run failed after all retries, or its decision could not be delivered",
        _queued(stage, Resource.FAILED_DRIFT_RUNS),
    )
    yield _alarm(
        "drift-found",
        "a drift run warned about a model or started its retraining",
        of_stage(stage.name, DriftMetric.DRIFT_FOUND, _MAXIMUM),
        period_seconds=DAY,
    )


def _of_api(stage: Stage, name: str) -> Measured:
    api = {"ApiName": stage.resource(Resource.API), "Stage": stage.name}
    return Measured(namespace="AWS/ApiGateway", name=name, dimensions=api)


def _queued(stage: Stage, queue: Resource) -> Measured:
    """Return the metric of a queue's messages."""
    return Measured(
        namespace="AWS/SQS",
        name="ApproximateNumberOfMessagesVisible",
        dimensions={"QueueName": stage.resource(queue)},
        statistic=_MAXIMUM,
    )


def _alarm(
    kind: str,
    summary: str,
    metric: Measured,
    severity: Severity = Severity.WARNING,
    *,
    limit: float = 1,
    period_seconds: int = _PERIOD,
) -> AlarmRule:
    return AlarmRule(
        kind=kind,
        severity=severity,
        summary=summary,
        metrics={"measured": metric},
        limit=limit,
        period_seconds=period_seconds,
    )
