"""What a model is asked, how it answers, what it costs, and whether it still knows, in graphs."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from aws_cdk import Duration, aws_cloudwatch

from cdk.serving.predict_function import serving_memory_mb
from cdk.settings.stage import Stage
from cdk.shared.alarm_rule import LAMBDA
from modelfleet.domain import deployment, prices
from modelfleet.domain.spec import ModelSpec
from modelfleet.domain.telemetry import Dimension, ServingMetric
from modelfleet.domain.watching_metrics import SPLIT_BY, WatchingMetric
from modelfleet.settings import namespace

WIDTH = 12
MINUTES = Duration.minutes(5)
_HOUR = Duration.hours(1)
_DAY = Duration.days(1)
_MB_PER_GB = 1024
_MILLION = 1e6

Lines = Sequence[aws_cloudwatch.IMetric]


class ModelGraphs:
    """Graphs of the metrics of one model; versions, features and measures are searched for."""

    def __init__(self, stage: Stage, spec: ModelSpec) -> None:
        self._stage = stage
        self._spec = spec

    def rows(self) -> Iterator[Sequence[aws_cloudwatch.IWidget]]:
        """Yield the heading, then two graphs a row."""
        yield (self._heading(),)
        yield self._traffic(), self._versions()
        yield self._errors(), self._latency()
        yield self._cold_starts(), self._spend()
        yield self._scores(), self._guesses()
        yield self._drift(), self._drifted()
        yield self._performance(), self._labels()
        if self._spec.classes:
            yield (self._classes(),)

    def _heading(self) -> aws_cloudwatch.TextWidget:
        name, title = self._spec.name, in_markdown(self._spec.title)
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
        return _graph("Versions and their shares: requests by version", [search], stacked=True)

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
        return _graph("Scores: their distribution", lines)

    def _guesses(self) -> aws_cloudwatch.GraphWidget:
        lines = [self.measured(ServingMetric.BATCH_SIZE, "Average", label="rows a request")]
        if self._spec.task.has_classes:
            guessed = self.measured(ServingMetric.LOW_CONFIDENCE, "Average", label="guesses")
            return _graph("Share of guesses, and rows a request", [guessed], right=lines)
        return _graph("Rows a request", lines)

    def _drift(self) -> aws_cloudwatch.GraphWidget:
        search = self._searched(WatchingMetric.DRIFT_SCORE)
        limits = self._spec.drift
        return _graph(
            "Drift by feature: population stability index",
            [search],
            annotations=[
                aws_cloudwatch.HorizontalAnnotation(value=limits.psi_warning, label="warning"),
                aws_cloudwatch.HorizontalAnnotation(value=limits.psi, label="drift"),
            ],
        )

    def _drifted(self) -> aws_cloudwatch.GraphWidget:
        found = [
            self.measured(each, "Maximum", _DAY)
            for each in (WatchingMetric.DRIFTED_SHARE, WatchingMetric.DRIFT_FOUND)
        ]
        rows = [self.measured(WatchingMetric.CURRENT_ROWS, "Maximum", _DAY)]
        return _graph("Drift of the whole, and the rows it was told from", found, right=rows)

    def _performance(self) -> aws_cloudwatch.GraphWidget:
        realised = self._searched(WatchingMetric.REALISED_PERFORMANCE)
        expected = self._searched(WatchingMetric.EXPECTED_PERFORMANCE)
        return _graph(
            "Performance: realised, and expected until outcomes come", [realised, expected]
        )

    def _labels(self) -> aws_cloudwatch.GraphWidget:
        line = self.measured(WatchingMetric.LABELS_SHARE, "Maximum", _DAY)
        return _graph("Share of the predictions whose outcome has come", [line])

    def _classes(self) -> aws_cloudwatch.GraphWidget:
        search = self._searched(WatchingMetric.CLASS_SHARE)
        return _graph("Answered classes: their shares of the predictions", [search], stacked=True)

    def _spend(self) -> aws_cloudwatch.GraphWidget:
        gigabytes = serving_memory_mb(self._stage, self._spec) / _MB_PER_GB
        a_call = (prices.INVOCATIONS.usd + prices.API_CALLS.usd) / _MILLION
        a_millisecond = gigabytes * prices.COMPUTE.usd / 1e3
        spend = aws_cloudwatch.MathExpression(
            expression=f"calls * {a_call:.10f} + milliseconds * {a_millisecond:.14f}",
            using_metrics={
                "calls": self._function("Invocations"),
                "milliseconds": self._function("Duration"),
            },
            label="USD an hour",
            period=_HOUR,
        )
        return _graph(f"Spend, estimated: Lambda and API at {prices.PRICES_READ}'s prices", [spend])

    def _function(self, name: str) -> aws_cloudwatch.Metric:
        function = deployment.predict_function(self._stage.name, self._spec.name)
        return line(LAMBDA, name, {"FunctionName": function}, "Sum", _HOUR, name)

    def measured(
        self,
        metric: ServingMetric | WatchingMetric,
        statistic: str = "Sum",
        period: Duration = MINUTES,
        label: str | None = None,
    ) -> aws_cloudwatch.Metric:
        """Make a line of a metric of the model, called as the metric where no label is given."""
        dimensions = {Dimension.MODEL.value: self._spec.name}
        return line(
            namespace(self._stage.name), metric, dimensions, statistic, period, label or metric
        )

    def _searched(self, metric: WatchingMetric) -> aws_cloudwatch.MathExpression:
        return self._search(metric, "Maximum", _DAY, SPLIT_BY[metric])

    def _search(
        self, metric: str, statistic: str, period: Duration, by: str
    ) -> aws_cloudwatch.MathExpression:
        schema = f"{{{namespace(self._stage.name)},{Dimension.MODEL},{by}}}"
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
    """Make a line of a graph."""
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


def in_markdown(text: str) -> str:
    """Words on one line of Markdown, in which nothing becomes a link, an image or a heading."""
    return re.sub(r"([\\`*_\[\]<>#|!~])", r"\\\1", " ".join(text.split()))
