"""What is known of a model in service, as it is stored and told."""

from datetime import UTC, date, datetime

import pytest

from modelfleet.drift.performance.report import (
    Basis,
    DayPerformance,
    PerformanceFinding,
    PerformanceReport,
    PerformanceStatus,
)
from modelfleet.spec.model import Metric
from modelfleet.statistics.results import Estimate

AUC = Estimate(value=0.8, lower=0.75, upper=0.85)
NOW = datetime(2026, 2, 1, 2, tzinfo=UTC)


def test_a_report_survives_its_json() -> None:
    """What is read back is what was written, metrics by their names."""
    day = DayPerformance(
        day=date(2026, 1, 31),
        version="7",
        predictions=400,
        labels=100,
        labels_share=0.25,
        realised={Metric.ROC_AUC: AUC},
        expected={Metric.ROC_AUC: AUC, Metric.BRIER: Estimate(value=0.1)},
    )
    report = PerformanceReport(model="toy", start=NOW, end=NOW, made_at=NOW, days=(day,))
    content = report.model_dump_json()
    assert PerformanceReport.model_validate_json(content) == report
    assert '"realised":{"roc_auc":{"value":0.8' in content


@pytest.mark.parametrize("status", PerformanceStatus)
def test_too_little_is_not_a_verdict(status: PerformanceStatus) -> None:
    """A finding is degraded where its status says so, and neither good nor bad on too few rows."""
    finding = PerformanceFinding(
        version="7",
        metric=Metric.ROC_AUC,
        basis=Basis.REALISED,
        status=status,
        rows=3,
        margin=0.04,
        reason="of the test",
    )
    assert finding.degraded is (status is PerformanceStatus.DEGRADED)
