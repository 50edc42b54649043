"""The alarms that every model has, on the metrics that its functions emit.

Each metric of each is paid for, for every model and idle or not. So a model has those of its own
that would be lost among the others': shares, percentiles, what is missing, and what acts on it.
What is counted from one upwards is as well told of the fleet: `cdk.monitoring.fleet_alarms`.
"""

from collections.abc import Iterator

from cdk.shared.alarm_rule import (
    DAY,
    HOUR,
    MINUTE,
    AlarmRule,
    Crossing,
    Measured,
    Missing,
    Severity,
    share_in_percent,
)
from modelfleet.domain.spec import ModelSpec
from modelfleet.domain.telemetry import Dimension, ServingMetric
from modelfleet.domain.watching_metrics import WatchingMetric
from modelfleet.settings import namespace

_FIVE_MINUTES = 5 * MINUTE


def model_alarms(stage: str, spec: ModelSpec) -> list[AlarmRule]:
    """All alarms of one model."""
    return [
        *_answering(stage, spec.name),
        _less_asked(stage, spec.name),
        *_guessing(stage, spec),
        _unwatched(stage, spec.name),
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
    yield _failing(stage, model)
    yield _slow(stage, model, "p99-over-2s", Severity.CRITICAL, 99, 2_000)
    yield _slow(stage, model, "p95-over-1s", Severity.WARNING, 95, 1_000)


def _failing(stage: str, model: str) -> AlarmRule:
    return AlarmRule(
        model=model,
        kind="5xx-over-5-percent",
        severity=Severity.CRITICAL,
        says="over 5 % of at least 20 requests failed in 5 min",
        metrics={
            "errors": _of_model(stage, model, ServingMetric.ERRORS),
            "requests": _of_model(stage, model, ServingMetric.REQUESTS),
        },
        expression=share_in_percent("errors", "requests", at_least=20),
        limit=5,
        crossing=Crossing.OVER,
        period_seconds=_FIVE_MINUTES,
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
        says="over 30 % of an hour's predictions were hardly more than a guess",
        # Of ones and zeros the 70th percentile is one where more than 30 % are.
        metrics={"guesses": _of_model(stage, spec.name, ServingMetric.LOW_CONFIDENCE, "p70")},
        limit=0.5,
        crossing=Crossing.OVER,
        period_seconds=HOUR,
        significant_only=True,
    )


def _unwatched(stage: str, model: str) -> AlarmRule:
    return AlarmRule(
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
