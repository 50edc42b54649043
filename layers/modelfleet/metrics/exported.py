"""CloudWatch metrics that are exported to other monitoring systems, with their names there."""

from dataclasses import dataclass

from modelfleet.metrics.drift_metrics import DriftMetric
from modelfleet.metrics.serving_metrics import ServingMetric

PREFIX = "modelfleet_"
QUANTILE = "quantile"
LEFT_OUT = f"{PREFIX}series_left_out"


@dataclass(frozen=True, slots=True)
class ExportedMetric:
    """Export settings of one metric.

    `statistics` maps quantiles to CloudWatch statistics; a metric that is not a summary has the
    empty text as its only key.
    """

    name: str
    description: str
    statistics: dict[str, str]

    @property
    def family(self) -> str:
        """Name of the metric family in OpenMetrics."""
        return f"{PREFIX}{self.name}"

    @property
    def is_summary(self) -> bool:
        """Whether the metric is exported as quantiles."""
        return "" not in self.statistics


_SUM, _AVERAGE, _LATEST = {"": "Sum"}, {"": "Average"}, {"": "Maximum"}
_QUANTILES = {"0.5": "p50", "0.95": "p95", "0.99": "p99"}

# Of the last complete five minutes.
SERVING = tuple(
    ExportedMetric(name, description, statistics)
    for name, description, statistics in (
        (ServingMetric.REQUESTS, "Requests for predictions in five minutes", _SUM),
        (ServingMetric.PREDICTIONS, "Predictions in five minutes", _SUM),
        (ServingMetric.REJECTIONS, "Requests answered 4xx in five minutes", _SUM),
        (ServingMetric.ERRORS, "Requests answered 5xx in five minutes", _SUM),
        (ServingMetric.NOT_READY_ERRORS, "Requests while no version was loaded", _SUM),
        (ServingMetric.REFRESH_FAILURES, "Releases that could not be loaded", _SUM),
        (ServingMetric.CHALLENGER_FAILURES, "Requests that the challenger failed", _SUM),
        (ServingMetric.OUTCOMES, "Outcomes that clients reported in five minutes", _SUM),
        (ServingMetric.CORRECTIONS, "Reported outcomes that contradict stored ones", _SUM),
        (ServingMetric.COLD_STARTS, "First requests of processes in five minutes", _SUM),
        (ServingMetric.LATENCY, "Milliseconds from arrival to response", _QUANTILES),
        (ServingMetric.SCORE, "Scores in five minutes", _QUANTILES),
        (ServingMetric.LOW_CONFIDENCE, "Share of low-confidence predictions", _AVERAGE),
    )
)

# Of the latest run of the drift function within 26 hours.
DRIFT = tuple(
    ExportedMetric(name, description, _LATEST)
    for name, description in (
        (DriftMetric.DRIFT_RUNS, "1 if there was a run within 26 hours"),
        (DriftMetric.DRIFT_FOUND, "1 if the latest run warned or retrained"),
        (DriftMetric.DRIFTED_SHARE, "Share of the watched features that drifted"),
        (DriftMetric.CURRENT_ROWS, "Predictions read by the latest run"),
        (DriftMetric.LABELS_SHARE, "Share of predictions with a reported outcome"),
        (DriftMetric.DRIFT_SCORE, "Population stability index of a feature"),
        (DriftMetric.REALISED_PERFORMANCE, "A metric measured on reported outcomes"),
        (DriftMetric.EXPECTED_PERFORMANCE, "A metric expected from calibrated scores"),
        (DriftMetric.CLASS_SHARE, "Share of the predictions of a class"),
    )
)
