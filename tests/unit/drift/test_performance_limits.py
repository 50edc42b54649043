"""When a version in service counts as worse than in training."""

from datetime import UTC, datetime
from math import hypot

import pytest

from modelfleet.catalogue import find
from modelfleet.drift.performance.limits import performance_findings
from modelfleet.drift.performance.report import (
    Basis,
    PerformanceFinding,
    PerformanceReport,
    PerformanceStatus,
    VersionPerformance,
)
from modelfleet.registry.manifest import BundleManifest
from modelfleet.spec.metric import Metric
from modelfleet.spec.model import Gate
from modelfleet.statistics.results import Estimate, Evaluation
from tests.serving import manifest

NOW = datetime(2026, 2, 1, tzinfo=UTC)
AUC = Gate(primary=Metric.ROC_AUC, margin=0.04)
MAE = Gate(primary=Metric.MAE, margin=0.05, relative_margin=True)


def bundle(values: dict[str, float], evaluation: Evaluation | None) -> BundleManifest:
    """A bundle's manifest that says this of the held-out rows."""
    whole = manifest(find("bankchurn"), "1", b"")
    return whole.model_copy(update={"metrics": values, "evaluation": evaluation})


def found(
    gate: Gate, held_out: Estimate, *versions: VersionPerformance
) -> list[PerformanceFinding]:
    """The findings on versions, all of which have the same held-out value."""
    report = PerformanceReport(model="toy", start=NOW, end=NOW, made_at=NOW, versions=versions)
    evaluation = Evaluation(rows=2_000, metrics={gate.primary.value: held_out})
    made = bundle({gate.primary.value: 0.0}, evaluation)
    return list(performance_findings(gate, report, {each.version: made for each in versions}))


def performance(
    gate: Gate, value: Estimate | None, *, labels: int = 500, basis: Basis = Basis.REALISED
) -> VersionPerformance:
    """A version with one measured value."""
    values = {gate.primary: value} if value else {}
    return VersionPerformance(
        version="1",
        predictions=1_000,
        labels=labels,
        labels_share=labels / 1_000,
        **{basis.value: values},
    )


HELD_OUT = Estimate(value=0.86, lower=0.84, upper=0.88)


@pytest.mark.parametrize(
    ("value", "reach", "status"),
    [
        (0.75, 0.03, PerformanceStatus.DEGRADED),
        # As far down, on so few rows that chance may have done it.
        (0.75, 0.09, PerformanceStatus.AS_EXPECTED),
        # Worse beyond chance, and not beyond the margin.
        (0.83, 0.005, PerformanceStatus.AS_EXPECTED),
        (0.95, 0.01, PerformanceStatus.AS_EXPECTED),
    ],
)
def test_worse_is_beyond_margin_and_chance(
    value: float, reach: float, status: PerformanceStatus
) -> None:
    """The whole interval of the difference has to lie beyond the margin."""
    measured = Estimate(value=value, lower=value - reach, upper=value + reach)
    (finding,) = found(AUC, HELD_OUT, performance(AUC, measured))
    assert finding.status is status
    assert finding.change is not None
    assert finding.change.upper == pytest.approx(value - 0.86 + hypot(reach, 0.02))
    assert finding.margin == 0.04


@pytest.mark.parametrize(("value", "degraded"), [(2_300, False), (2_600, True), (1_500, False)])
def test_more_of_an_error_is_worse(value: float, degraded: bool) -> None:
    """Where less is better, it is the rise that counts, against a share of the held-out value."""
    held_out = Estimate(value=2_200, lower=2_150, upper=2_250)
    measured = Estimate(value=value, lower=value - 80, upper=value + 80)
    (finding,) = found(MAE, held_out, performance(MAE, measured))
    assert finding.degraded is degraded
    assert finding.margin == pytest.approx(110)


@pytest.mark.parametrize(
    ("measured", "labels"),
    [
        (None, 0),
        (Estimate(value=0.2), 500),  # ten of an outcome are needed for an interval
        (Estimate(value=0.2, lower=0.1, upper=0.3), 99),
    ],
)
def test_few_labels_are_no_verdict(measured: Estimate | None, labels: int) -> None:
    """Without enough of them the answer is that there are not enough, however bad they look."""
    (finding,) = found(AUC, HELD_OUT, performance(AUC, measured, labels=labels))
    assert finding.status is PerformanceStatus.INSUFFICIENT_DATA
    assert "100 are needed" in finding.reason


def test_what_scores_foretell_is_a_finding_of_its_own() -> None:
    """Before labels come, the expected value is judged, on all predictions."""
    foretold = performance(
        AUC, Estimate(value=0.7, lower=0.68, upper=0.72), labels=0, basis=Basis.EXPECTED
    )
    realised, expected = found(AUC, HELD_OUT, foretold)
    assert realised.status is PerformanceStatus.INSUFFICIENT_DATA
    assert (expected.basis, expected.degraded, expected.rows) == (Basis.EXPECTED, True, 1_000)


def test_old_bundles_have_a_value_alone() -> None:
    """A manifest from before intervals were recorded is held against as if it were exact."""
    report = PerformanceReport(
        model="toy",
        start=NOW,
        end=NOW,
        made_at=NOW,
        versions=(performance(AUC, Estimate(value=0.75, lower=0.72, upper=0.78)),),
    )
    (finding,) = performance_findings(AUC, report, {"1": bundle({"roc_auc": 0.86}, None)})
    assert finding.degraded
    assert finding.change is not None
    assert finding.change.upper == pytest.approx(-0.08)


@pytest.mark.parametrize(("whole", "capped"), [(0.7, 0.86), (0.86, 0.7)])
def test_a_client_can_hide_nothing(whole: float, capped: float) -> None:
    """Worse in all outcomes, or in those of which no client has more than half, is worse."""
    measured = [
        performance(AUC, Estimate(value=value, lower=value - 0.02, upper=value + 0.02))
        for value in (whole, capped)
    ]
    evaluation = Evaluation(rows=2_000, metrics={AUC.primary.value: HELD_OUT})
    made = bundle({AUC.primary.value: 0.86}, evaluation)
    report = PerformanceReport(
        model="toy",
        start=NOW,
        end=NOW,
        made_at=NOW,
        versions=(measured[0],),
        capped=(measured[1],),
        left_out=10,
    )
    (finding,) = performance_findings(AUC, report, {"1": made})
    assert finding.status is PerformanceStatus.DEGRADED


def test_versions_that_are_not_asked_about_are_left_out() -> None:
    """A version whose bundle is not given, because it serves no more, has no finding."""
    report = PerformanceReport(
        model="toy", start=NOW, end=NOW, made_at=NOW, versions=(performance(AUC, None),)
    )
    assert performance_findings(AUC, report, {}) == ()
