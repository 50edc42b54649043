"""The fleet's metrics as OpenMetrics text, collected at most every five minutes.

OpenMetrics 1.0: the text format.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol

from modelfleet.metrics.exported import (
    DRIFT,
    LEFT_OUT,
    QUANTILE,
    SERVING,
    ExportedMetric,
)
from modelfleet.metrics.serving_metrics import Dimension

CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
# The limit of one GetMetricData call, which is billed per metric.
QUESTIONS_MAXIMUM = 500
WINDOW_SECONDS = 300
# CloudWatch needs some time to extract metrics from log lines.
SETTLING = timedelta(seconds=60)
WATCHED_HOURS = 26
_HOUR_SECONDS = 3600

_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


class MetricQuestion(NamedTuple):
    """A statistic of one metric with exactly these dimensions."""

    name: str
    dimensions: Mapping[str, str]
    statistic: str = "Sum"


class MetricCollector(Protocol):
    """Lists metrics, and reads many of them at once."""

    def known(self) -> Sequence[MetricQuestion]:
        """Return all metrics with recent values."""
        ...

    def latest(
        self,
        questions: Sequence[MetricQuestion],
        period_seconds: int,
        start: datetime,
        end: datetime,
    ) -> Sequence[float | None]:
        """Return the latest value of each metric; `None` if it has no value between start and end.

        Raises
        ------
        CallError
            If the metrics cannot be read.
        """
        ...


class _Series(NamedTuple):
    question: MetricQuestion
    quantile: str


class MetricsExport:
    """Exports CloudWatch metrics, and reads them again after each five minutes.

    Parameters
    ----------
    collector
        Reads the metrics.
    now
        Returns the current time, in UTC.
    """

    def __init__(
        self, collector: MetricCollector, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._collector = collector
        self._now = now
        self._text = ""
        self._until: datetime | None = None

    def text(self) -> str:
        """Return all series, by model and version, as of the last complete five minutes.

        Raises
        ------
        CallError
            If CloudWatch does not respond.
        """
        end = _window_end(self._now())
        if end != self._until:
            self._text = "\n".join(self._lines(end))
            self._until = end
        return self._text

    def _lines(self, end: datetime) -> Iterator[str]:
        known = [each for each in self._collector.known() if Dimension.VERSION in each.dimensions]
        left_out = 0
        for metrics, seconds, period in (
            (SERVING, WINDOW_SECONDS, WINDOW_SECONDS),
            (DRIFT, WATCHED_HOURS * _HOUR_SECONDS, _HOUR_SECONDS),
        ):
            series = _series(metrics, known)
            left_out += len(series[QUESTIONS_MAXIMUM:])
            series = series[:QUESTIONS_MAXIMUM]
            start = end - timedelta(seconds=seconds)
            values = self._collector.latest([each.question for each in series], period, start, end)
            yield from _families(metrics, series, values)
        yield f"# TYPE {LEFT_OUT} gauge"
        yield f"# HELP {LEFT_OUT} Series beyond the limit of one GetMetricData call"
        yield f"{LEFT_OUT} {left_out}"
        yield "# EOF\n"


def _window_end(now: datetime) -> datetime:
    seconds = int((now - SETTLING).timestamp())
    return datetime.fromtimestamp(seconds - seconds % WINDOW_SECONDS, UTC)


def _series(metrics: Sequence[ExportedMetric], known: Sequence[MetricQuestion]) -> list[_Series]:
    return [
        _Series(each._replace(statistic=statistic), quantile)
        for metric in metrics
        for each in sorted(known, key=lambda each: sorted(each.dimensions.items()))
        if each.name == metric.name
        for quantile, statistic in metric.statistics.items()
    ]


def _families(
    metrics: Sequence[ExportedMetric], series: Sequence[_Series], values: Sequence[float | None]
) -> Iterator[str]:
    found = list(zip(series, values, strict=True))
    for metric in metrics:
        yield f"# TYPE {metric.family} {'summary' if metric.is_summary else 'gauge'}"
        yield f"# HELP {metric.family} {metric.description}"
        for (question, quantile), value in found:
            if question.name == metric.name and value is not None:
                labels = dict(question.dimensions) | ({QUANTILE: quantile} if quantile else {})
                yield f"{metric.family}{{{_labels(labels)}}} {value!r}"


def _labels(labels: Mapping[str, str]) -> str:
    return ",".join(f'{name}="{value.translate(_ESCAPES)}"' for name, value in labels.items())
