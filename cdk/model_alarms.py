"""The alarms that every model has, on the metrics that its functions emit."""

from collections.abc import Iterator

from cdk.alarm_rule import DAY, HOUR, MINUTE, AlarmRule, Crossing, Measured, Missing, Severity
from modelfleet.domain import deployment
from modelfleet.domain.spec import ModelSpec
from modelfleet.domain.telemetry import Dimension, ServingMetric
from modelfleet.domain.watching_metrics import WatchingMetric
from modelfleet.settings import namespace

LAMBDA = "AWS/Lambda"
_FIVE_MINUTES = 5 * MINUTE


def model_alarms(stage: str, spec: ModelSpec) -> list[AlarmRule]:
    """All alarms of one model."""
    return [
        *_answering(stage, spec.name),
        *_function(stage, spec.name),
        _less_asked(stage, spec.name),
        *_guessing(stage, spec),
        *_watching(stage, spec.name),
    ]


def challenger_alarm(stage: str, model: str) -> AlarmRule:
    """The alarm that ends a trial; its name is `deployment.trial_alarm`."""
    return AlarmRule(
        model=model,
        kind="challenger-fails",
        severity=Severity.WARNING,
        says="the version on trial failed ten times in a minute; its champion answered",
        metrics={"failures": _of_model(stage, model, ServingMetric.CHALLENGER_FAILURES)},
        limit=10,
        period_seconds=MINUTE,
    )


def _answering(stage: str, model: str) -> Iterator[AlarmRule]:
    """Yield what callers notice."""
    yield AlarmRule(
        model=model,
        kind="not-ready",
        severity=Severity.CRITICAL,
        says="no version is loaded, and callers are answered 503",
        metrics={"failures": _of_model(stage, model, ServingMetric.NOT_READY_ERRORS)},
        limit=1,
        period_seconds=_FIVE_MINUTES,
    )
    yield AlarmRule(
        model=model,
        kind="release-not-followed",
        severity=Severity.CRITICAL,
        says="the release pointer or its bundle cannot be loaded",
        metrics={"failures": _of_model(stage, model, ServingMetric.REFRESH_FAILURES)},
        # One is a hiccup of S3; the next attempt comes after the refresh interval.
        limit=3,
        period_seconds=_FIVE_MINUTES,
    )
    yield _errors(stage, model, "5xx-over-5-percent", Severity.CRITICAL, 5, 20, _FIVE_MINUTES)
    yield _errors(stage, model, "errors-over-1-percent", Severity.WARNING, 1, 100, 15 * MINUTE)
    yield _slow(stage, model, "p99-over-2s", Severity.CRITICAL, 99, 2_000)
    yield _slow(stage, model, "p95-over-1s", Severity.WARNING, 95, 1_000)


def _errors(
    stage: str, model: str, kind: str, severity: Severity, percent: int, requests: int, seconds: int
) -> AlarmRule:
    return AlarmRule(
        model=model,
        kind=kind,
        severity=severity,
        says=f"over {percent} % of at least {requests} requests failed in {seconds // MINUTE} min",
        metrics={
            "errors": _of_model(stage, model, ServingMetric.ERRORS),
            "requests": _of_model(stage, model, ServingMetric.REQUESTS),
        },
        expression=f"IF(requests >= {requests}, 100 * errors / requests, 0)",
        limit=percent,
        crossing=Crossing.OVER,
        period_seconds=seconds,
    )


def _slow(
    stage: str, model: str, kind: str, severity: Severity, percentile: int, milliseconds: int
) -> AlarmRule:
    return AlarmRule(
        model=model,
        kind=kind,
        severity=severity,
        says=f"p{percentile} was over {milliseconds // 1_000} s in two of three times 5 min",
        metrics={"latency": _of_model(stage, model, ServingMetric.LATENCY, f"p{percentile}")},
        limit=milliseconds,
        crossing=Crossing.OVER,
        period_seconds=_FIVE_MINUTES,
        # Of a handful of requests the slowest is the percentile: a single cold start is no alarm.
        periods=3,
        periods_to_alarm=2,
    )


def _function(stage: str, model: str) -> Iterator[AlarmRule]:
    """Yield what AWS says of the function."""
    function = {"FunctionName": deployment.predict_function(stage, model)}
    yield AlarmRule(
        model=model,
        kind="errors",
        severity=Severity.CRITICAL,
        says="its function crashed or timed out five times in 5 min",
        metrics={"errors": Measured(namespace=LAMBDA, name="Errors", dimensions=function)},
        limit=5,
        period_seconds=_FIVE_MINUTES,
    )
    yield AlarmRule(
        model=model,
        kind="throttles",
        severity=Severity.WARNING,
        says="Lambda refused requests for want of concurrency",
        metrics={"throttles": Measured(namespace=LAMBDA, name="Throttles", dimensions=function)},
        limit=1,
        period_seconds=_FIVE_MINUTES,
    )


def _less_asked(stage: str, model: str) -> AlarmRule:
    """Make the alarm on callers that stay away, a day against the one before it.

    Of an hour against another, every evening would be one.
    """
    today = "FILL(predictions, 0)"
    yesterday = f"({today} - DIFF({today}))"
    return AlarmRule(
        model=model,
        kind="fewer-predictions",
        severity=Severity.WARNING,
        says="half as many predictions in a day as in the one before, or fewer",
        metrics={"predictions": _of_model(stage, model, ServingMetric.PREDICTIONS)},
        expression=f"IF({yesterday} >= 100, 100 * {today} / {yesterday}, 100)",
        limit=50,
        crossing=Crossing.UP_TO,
        period_seconds=DAY,
    )


def _guessing(stage: str, spec: ModelSpec) -> Iterator[AlarmRule]:
    """Yield what says that a model does not know; a regression gives an interval instead."""
    if not spec.task.has_classes:
        return
    yield AlarmRule(
        model=spec.name,
        kind="low-confidence",
        severity=Severity.WARNING,
        says="over 30 % of at least 100 predictions in an hour were hardly more than a guess",
        metrics={
            "share": _of_model(stage, spec.name, ServingMetric.LOW_CONFIDENCE, "Average"),
            "predictions": _of_model(stage, spec.name, ServingMetric.LOW_CONFIDENCE, "SampleCount"),
        },
        expression="IF(predictions >= 100, 100 * share, 0)",
        limit=30,
        crossing=Crossing.OVER,
        period_seconds=60 * MINUTE,
    )


def _watching(stage: str, model: str) -> Iterator[AlarmRule]:
    """Yield what the daily look at the model found, and that there was none."""
    yield AlarmRule(
        model=model,
        kind="drift-found",
        severity=Severity.WARNING,
        says="the latest look found what its model is warned of or retrained for",
        metrics={"found": _of_model(stage, model, WatchingMetric.DRIFT_FOUND, "Maximum")},
        limit=1,
        period_seconds=DAY,
    )
    yield AlarmRule(
        model=model,
        kind="drift-not-run",
        severity=Severity.WARNING,
        says="nobody has looked at its predictions for 26 hours",
        metrics={"runs": _of_model(stage, model, WatchingMetric.DRIFT_RUNS)},
        limit=1,
        crossing=Crossing.BELOW,
        # A daily run has two hours to come to its end.
        period_seconds=HOUR,
        periods=26,
        missing=Missing.BAD,
    )


def _of_model(
    stage: str, model: str, metric: ServingMetric | WatchingMetric, statistic: str = "Sum"
) -> Measured:
    return Measured(
        namespace=namespace(stage),
        name=metric,
        dimensions={Dimension.MODEL.value: model},
        statistic=statistic,
    )
