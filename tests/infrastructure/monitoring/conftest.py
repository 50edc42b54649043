"""The text that Prometheus scrapes, with every series that it can have."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from modelfleet.metrics.drift_metrics import DriftMetric, dimension_sets
from modelfleet.metrics.openmetrics import MetricQuestion, MetricsExport
from modelfleet.settings import NAMESPACE
from tests.emission import Emitted


class _Everything:
    """A `MetricCollector` of all emitted metrics, with the value 1 for each."""

    def __init__(self, emitted: set[Emitted]) -> None:
        self._emitted = emitted

    def known(self) -> Sequence[MetricQuestion]:
        """List the emitted metrics."""
        ours = (each for each in self._emitted if each.namespace.startswith(NAMESPACE))
        return [MetricQuestion(each.name, dict(each.dimensions)) for each in ours]

    def latest(
        self, questions: Sequence[MetricQuestion], _period: int, _start: datetime, _end: datetime
    ) -> Sequence[float | None]:
        """Answer 1 to everything."""
        return [1.0] * len(questions)


@pytest.fixture(scope="session")
def exported_text(measured: set[Emitted]) -> str:
    """Every series that the metrics function can export."""
    emitted = measured | _of_classes()
    return MetricsExport(_Everything(emitted), lambda: datetime.now(UTC)).text()


def _of_classes() -> set[Emitted]:
    """Metrics of multi-class models, which the fleet does not have."""
    metric = DriftMetric.CLASS_SHARE
    return {
        Emitted(NAMESPACE, metric, frozenset((str(dimension), "x") for dimension in dimensions))
        for dimensions in dimension_sets(metric)
    }
