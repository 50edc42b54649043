"""Graphs of one model: traffic, errors, latency, cost, drift and performance."""

from collections.abc import Iterator, Sequence
from typing import Any

from aws_cdk import Duration, aws_cloudwatch

from cdk.settings.stage import Stage
from cdk.shared.alarm_rule import LAMBDA, measured_in
from modelfleet import prices
from modelfleet.metrics.drift_metrics import SPLIT_BY, DriftMetric
from modelfleet.metrics.serving_metrics import Dimension, ServingMetric
from modelfleet.pages.text import markdown
from modelfleet.resource_names import predict_function
from modelfleet.spec.model import ModelSpec

WIDTH = 12
MINUTES = Duration.minutes(5)
_HOUR = Duration.hours(1)
_DAY = Duration.days(1)
_MB_PER_GB = 1024
_MILLION = 1e6

Lines = Sequence[aws_cloudwatch.IMetric]


class ModelGraphs:
    """Graphs of one model's metrics; those by version, feature, or measure use metric search."""

    def __init__(self, stage: Stage, spec: ModelSpec) -> None:
        self._stage = stage
        self._spec = spec

    def rows(self) -> Iterator[Sequence[aws_cloudwatch.IWidget]]:
        """The heading, then two graphs per row."""
        yield (self._heading(),)
        yield self._traffic(), self._versions()
        yield self._errors(), self._latency()
        yield self._cold_starts(), self._spend()
        yield self._scores(), self._confidence()
        yield self._drift(), self._overall_drift()
        yield self._performance(), self._outcomes()
        if self._spec.classes:
            yield (self._classes(),)

    def _heading(self) -> aws_cloudwatch.TextWidget:
        name, title = self._spec.name, markdown(self._spec.title)
        return aws_cloudwatch.TextWidget(
            markdown=f"# {name}\n{title}: `fleet status`, `fleet report {name} --open`",
            width=2 * WIDTH,
            height=2,
        )

    def _traffic(self) -> aws_cloudwatch.GraphWidget:
        counted = (ServingMetric.REQUESTS, ServingMetric.PREDICTIONS, ServingMetric.REJECTIONS)
        return _graph("Traffic", [self.measured(each) for each in counted])

    def _versions(self) -> aws_cloudwatch.GraphWidget:
        search = self._search(ServingMetric.REQUESTS, "Sum", MINUTES, Dimension.VERSION)
        return _graph("Requests by version", [search], stacked=True)

    def _errors(self) -> aws_cloudwatch.GraphWidget:
        counted = (
            ServingMetric.ERRORS,
            ServingMetric.NOT_READY_ERRORS,
            ServingMetric.SCORING_ERRORS,
            ServingMetric.UNEXPECTED_ERRORS,
            ServingMetric.REFRESH_FAILURES,
            ServingMetric.CHALLENGER_FAILURES,
        )
        return _graph("Errors", [self.measured(each) for each in counted])

    def _latency(self) -> aws_cloudwatch.GraphWidget:
        lines = [self.measured(ServingMetric.LATENCY, s, label=s) for s in ("p50", "p95", "p99")]
        return _graph("Latency (ms)", lines)

    def _cold_starts(self) -> aws_cloudwatch.GraphWidget:
        return _graph("Cold starts", [self.measured(ServingMetric.COLD_STARTS)])

    def _scores(self) -> aws_cloudwatch.GraphWidget:
        percentiles = ("p5", "p25", "p50", "p75", "p95")
        lines = [self.measured(ServingMetric.SCORE, each, label=each) for each in percentiles]
        return _graph("Score distribution", lines)

    def _confidence(self) -> aws_cloudwatch.GraphWidget:
        lines = [self.measured(ServingMetric.BATCH_SIZE, "Average", label="rows per request")]
        if self._spec.task.kind.has_confidence:
            uncertain = self.measured(
                ServingMetric.LOW_CONFIDENCE, "Average", label="low confidence"
            )
            return _graph("Low-confidence share, and rows per request", [uncertain], right=lines)
        return _graph("Rows per request", lines)

    def _drift(self) -> aws_cloudwatch.GraphWidget:
        search = self._searched(DriftMetric.DRIFT_SCORE)
        limits = self._spec.drift
        return _graph(
            "Drift by feature: population stability index",
            [search],
            annotations=[
                aws_cloudwatch.HorizontalAnnotation(value=limits.psi_warning, label="warning"),
                aws_cloudwatch.HorizontalAnnotation(value=limits.psi, label="drift"),
            ],
        )

    def _overall_drift(self) -> aws_cloudwatch.GraphWidget:
        found = [
            self.measured(each, "Maximum", _DAY)
            for each in (DriftMetric.DRIFTED_SHARE, DriftMetric.DRIFT_FOUND)
        ]
        rows = [self.measured(DriftMetric.CURRENT_ROWS, "Maximum", _DAY)]
        return _graph("Overall drift, and rows analyzed", found, right=rows)

    def _performance(self) -> aws_cloudwatch.GraphWidget:
        realised = self._searched(DriftMetric.REALISED_PERFORMANCE)
        expected = self._searched(DriftMetric.EXPECTED_PERFORMANCE)
        return _graph(
            "Performance: realized, and estimated until outcomes arrive", [realised, expected]
        )

    def _outcomes(self) -> aws_cloudwatch.GraphWidget:
        line = self.measured(DriftMetric.LABELS_SHARE, "Maximum", _DAY)
        reported = [
            self.measured(each, "Sum", _DAY)
            for each in (ServingMetric.OUTCOMES, ServingMetric.CORRECTIONS)
        ]
        return _graph("Share of predictions with an outcome, and reports", [line], right=reported)

    def _classes(self) -> aws_cloudwatch.GraphWidget:
        search = self._searched(DriftMetric.CLASS_SHARE)
        return _graph("Shares of the predicted classes", [search], stacked=True)

    def _spend(self) -> aws_cloudwatch.GraphWidget:
        gigabytes = self._stage.serving_memory_mb(self._spec) / _MB_PER_GB
        per_call = (prices.INVOCATIONS.usd + prices.API_CALLS.usd) / _MILLION
        per_millisecond = gigabytes * prices.COMPUTE.usd / 1e3
        spend = aws_cloudwatch.MathExpression(
            expression=f"calls * {per_call:.10f} + milliseconds * {per_millisecond:.14f}",
            using_metrics={
                "calls": self._function("Invocations"),
                "milliseconds": self._function("Duration"),
            },
            label="USD per hour",
            period=_HOUR,
        )
        return _graph(f"Estimated spend: Lambda and API, prices of {prices.PRICES_READ}", [spend])

    def _function(self, name: str) -> aws_cloudwatch.Metric:
        function = predict_function(self._stage.name, self._spec.name)
        return line(LAMBDA, name, {"FunctionName": function}, "Sum", _HOUR, name)

    def measured(
        self,
        metric: ServingMetric | DriftMetric,
        statistic: str = "Sum",
        period: Duration = MINUTES,
        label: str | None = None,
    ) -> aws_cloudwatch.Metric:
        """A line of one of the model's metrics; its label is the metric's name unless given."""
        dimensions = {Dimension.MODEL.value: self._spec.name}
        return line(
            measured_in(self._stage.name, metric),
            metric,
            dimensions,
            statistic,
            period,
            label or metric,
        )

    def _searched(self, metric: DriftMetric) -> aws_cloudwatch.MathExpression:
        return self._search(metric, "Maximum", _DAY, SPLIT_BY[metric])

    def _search(
        self, metric: ServingMetric | DriftMetric, statistic: str, period: Duration, by: str
    ) -> aws_cloudwatch.MathExpression:
        schema = f"{{{measured_in(self._stage.name, metric)},{Dimension.MODEL},{by}}}"
        terms = f'MetricName="{metric}" {Dimension.MODEL}="{self._spec.name}"'
        return aws_cloudwatch.MathExpression(
            expression=f"SEARCH('{schema} {terms}', '{statistic}', {period.to_seconds():.0f})",
            using_metrics={},
            label=f"{metric} ${{PROP('Dim.{by}')}}",
            period=period,
        )


def line(
    namespace: str,
    name: str,
    dimensions: dict[str, str],
    statistic: str,
    period: Duration,
    label: str,
) -> aws_cloudwatch.Metric:
    """Return a metric as a line of a graph."""
    return aws_cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        dimensions_map=dimensions,
        statistic=statistic,
        period=period,
        label=label,
    )


def _graph(
    title: str,
    left: Lines,
    *,
    right: Lines = (),
    stacked: bool = False,
    annotations: Sequence[aws_cloudwatch.HorizontalAnnotation] = (),
) -> aws_cloudwatch.GraphWidget:
    given: dict[str, Any] = {"left_annotations": list(annotations)} if annotations else {}
    return aws_cloudwatch.GraphWidget(
        title=title, left=list(left), right=list(right), stacked=stacked, width=WIDTH, **given
    )
