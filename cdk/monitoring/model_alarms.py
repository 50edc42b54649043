"""Alarms of each model, on the metrics of its functions.

Every metric of every alarm is billed, per model and even when idle. Models therefore only have the
alarms that could not cover the whole fleet: on shares, percentiles, and missing data. Plain counts
have one alarm for all models, in `cdk.monitoring.fleet_alarms`.
"""

from collections.abc import Iterator

from cdk.shared.alarm_rule import (
    DAY,
    HOUR,
    MINUTE,
    AlarmRule,
    Comparison,
    MissingData,
    Severity,
    of_model,
    share_in_percent,
)
from modelfleet.metrics.drift_metrics import DriftMetric
from modelfleet.metrics.serving_metrics import ServingMetric
from modelfleet.spec.model import ModelSpec

_FIVE_MINUTES = 5 * MINUTE


def model_alarms(stage: str, spec: ModelSpec, *, reporting: bool) -> list[AlarmRule]:
    """Return all alarms of one model; `reporting` says whether a client may report outcomes."""
    return [
        _errors(stage, spec.name),
        _latency(stage, spec.name, "p99-over-2s", Severity.CRITICAL, 99, 2_000),
        _latency(stage, spec.name, "p95-over-1s", Severity.WARNING, 95, 1_000),
        _fewer_predictions(stage, spec.name),
        *_low_confidence(stage, spec),
        _drift_not_run(stage, spec.name),
        *(_outcomes(stage, spec.name) if reporting else ()),
    ]


def _errors(stage: str, model: str) -> AlarmRule:
    return AlarmRule(
        model=model,
        kind="5xx-over-5-percent",
        severity=Severity.CRITICAL,
        summary="over 5% of at least 20 requests failed in 5 min",
        metrics={
            "errors": of_model(stage, model, ServingMetric.ERRORS),
            "requests": of_model(stage, model, ServingMetric.REQUESTS),
        },
        expression=share_in_percent("errors", "requests", at_least=20),
        limit=5,
        comparison=Comparison.OVER,
        period_seconds=_FIVE_MINUTES,
    )


def _latency(
    stage: str, model: str, kind: str, severity: Severity, percentile: int, milliseconds: int
) -> AlarmRule:
    seconds = milliseconds // 1_000
    return AlarmRule(
        model=model,
        kind=kind,
        severity=severity,
        summary=f"p{percentile} latency was over {seconds} s in 2 of 3 periods of 5 min",
        metrics={"latency": of_model(stage, model, ServingMetric.LATENCY, f"p{percentile}")},
        limit=milliseconds,
        comparison=Comparison.OVER,
        period_seconds=_FIVE_MINUTES,
        # With few requests, the percentile is the slowest one, and a cold start must not alarm.
        periods=3,
        periods_to_alarm=2,
    )


def _fewer_predictions(stage: str, model: str) -> AlarmRule:
    """Return the alarm on missing callers; it compares days, because hours differ every evening."""
    today = "FILL(predictions, 0)"
    yesterday = f"({today} - DIFF({today}))"
    return AlarmRule(
        model=model,
        kind="fewer-predictions",
        severity=Severity.WARNING,
        summary="at most half as many predictions in a day as the day before",
        metrics={"predictions": of_model(stage, model, ServingMetric.PREDICTIONS)},
        expression=f"IF({yesterday} >= 100, 100 * {today} / {yesterday}, 100)",
        limit=50,
        comparison=Comparison.AT_MOST,
        period_seconds=DAY,
    )


def _low_confidence(stage: str, spec: ModelSpec) -> Iterator[AlarmRule]:
    """Return the alarm on uncertain predictions; regression has intervals instead of confidence."""
    if not spec.task.kind.has_confidence:
        return
    yield AlarmRule(
        model=spec.name,
        kind="low-confidence",
        severity=Severity.WARNING,
        summary="over 30% of an hour's predictions had low confidence",
        # The values are 0 and 1, so the 70th percentile is 1 if more than 30% are.
        metrics={"guesses": of_model(stage, spec.name, ServingMetric.LOW_CONFIDENCE, "p70")},
        limit=0.5,
        comparison=Comparison.OVER,
        period_seconds=HOUR,
        significant_only=True,
    )


def _outcomes(stage: str, model: str) -> Iterator[AlarmRule]:
    """Yield the alarms on outcomes that hardly are what happened after this model's predictions."""
    outcomes = of_model(stage, model, ServingMetric.OUTCOMES)
    yield AlarmRule(
        model=model,
        kind="outcomes-outrun-predictions",
        severity=Severity.WARNING,
        summary="over 10 times as many outcomes in a day as predictions, and at least 100",
        metrics={
            "outcomes": outcomes,
            "predictions": of_model(stage, model, ServingMetric.PREDICTIONS),
        },
        # A client that reports a week's outcomes at once sends seven times as many.
        expression="IF(outcomes >= 100, outcomes / (FILL(predictions, 0) + 1), 0)",
        limit=10,
        comparison=Comparison.OVER,
        period_seconds=DAY,
    )
    yield AlarmRule(
        model=model,
        kind="outcomes-contradicted",
        severity=Severity.WARNING,
        summary="over 20% of at least 50 outcomes in an hour contradict stored ones",
        metrics={
            "corrections": of_model(stage, model, ServingMetric.CORRECTIONS),
            "outcomes": outcomes,
        },
        expression=share_in_percent("corrections", "outcomes", at_least=50),
        limit=20,
        comparison=Comparison.OVER,
        period_seconds=HOUR,
    )


def _drift_not_run(stage: str, model: str) -> AlarmRule:
    return AlarmRule(
        model=model,
        kind="drift-not-run",
        severity=Severity.WARNING,
        summary="no drift run has completed for 26 hours",
        metrics={"runs": of_model(stage, model, DriftMetric.DRIFT_RUNS)},
        limit=1,
        comparison=Comparison.BELOW,
        # A daily run has two hours to complete.
        period_seconds=HOUR,
        periods=26,
        missing=MissingData.BREACHING,
    )
