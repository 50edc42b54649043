"""What a drift report can say, and what a model may declare about it."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from modelfleet.captures.window import Window
from modelfleet.drift.report import (
    ColumnDrift,
    Distribution,
    DriftPolicy,
    DriftReport,
    DriftStatus,
    DriftTest,
    Finding,
    Severity,
)
from modelfleet.spec.features import ColumnKind

DAY = datetime(2026, 1, 31, tzinfo=UTC)
BARS = Distribution(labels=("up to 1", "above 1"), shares=(0.5, 0.5))


def column(name: str, *, drifted: bool) -> ColumnDrift:
    """A column with one finding."""
    severity = Severity.MEDIUM if drifted else Severity.NONE
    found = Finding(
        test=DriftTest.PSI,
        statistic=0.4,
        p_value=0.001,
        p_adjusted=0.002,
        effect_size=0.4,
        threshold=0.2,
        drifted=drifted,
        severity=severity,
    )
    return ColumnDrift(
        name=name,
        kind=ColumnKind.NUMBER,
        drifted=drifted,
        severity=severity,
        findings=(found,),
        reference=BARS,
        current=BARS,
    )


def report() -> DriftReport:
    """A report in which one feature and the prediction have drifted."""
    return DriftReport(
        model="churn",
        version="7",
        window=Window(start=DAY, end=DAY + timedelta(days=1)),
        made_at=DAY,
        status=DriftStatus.DRIFT,
        reason="Age drifted",
        reference_rows=6_000,
        current_rows=1_000,
        columns=(column("Age", drifted=True), column("Tenure", drifted=False)),
        prediction=column("prediction", drifted=True),
    )


def test_a_report_survives_its_json() -> None:
    """What is written is what is read, with every field of a finding spelled out."""
    written = report().model_dump_json()
    assert DriftReport.model_validate_json(written) == report()
    for field in ("test", "statistic", "p_value", "threshold", "drifted", "severity", "window"):
        assert f'"{field}"' in written


def test_a_report_names_what_has_drifted() -> None:
    """Drifted features come first and the prediction last."""
    assert [column.name for column in report().drifted] == ["Age", "prediction"]


def test_columns_and_predictions_are_sorted_together() -> None:
    """The worst comes first, whatever it is; its PSI is the one that is compared with the limit."""
    mild = column("Tenure", drifted=True)
    worst = column("Age", drifted=True)
    (found,) = worst.findings
    large = found.model_copy(update={"statistic": 0.9, "effect_size": 0.8})
    worst = worst.model_copy(update={"findings": (large,)})
    stable = column("prediction", drifted=False)
    both = report().model_copy(update={"columns": (mild, worst), "prediction": stable})
    assert [each.name for each in both.worst_first] == ["Age", "Tenure", "prediction"]
    assert worst.psi == 0.8


def test_columns_are_ranked_by_importance_and_drift() -> None:
    """A column that matters comes before an equal one that does not, and never before drift."""
    columns = (
        column("Age", drifted=True),
        column("Balance", drifted=True),
        column("Tenure", drifted=False),
    )
    found = report().model_copy(update={"columns": columns})
    ranked = found.weighted({"Age": -0.01, "Balance": 0.1, "Tenure": 9.0})
    assert [each.name for each in ranked.columns] == ["Balance", "Age", "Tenure"]
    assert [each.name for each in ranked.worst_first][:2] == ["prediction", "Balance"]
    assert found.weighted({}) == found


def test_a_column_is_asked_for_a_test() -> None:
    """A finding is found by its test; a test that does not suit the column has none."""
    assert column("Age", drifted=True).finding(DriftTest.PSI) is not None
    assert column("Age", drifted=True).finding(DriftTest.CHI_SQUARE) is None


def test_severities_are_ordered() -> None:
    """Ranks rise from none to high."""
    assert [s.rank for s in Severity] == [0, 1, 2, 3]


def test_a_window_ends_after_it_starts() -> None:
    """An empty window is refused, and one without a zone."""
    with pytest.raises(ValidationError, match="must start before it ends"):
        Window(start=DAY, end=DAY)
    with pytest.raises(ValidationError, match="timezone"):
        Window(start=DAY.replace(tzinfo=None), end=DAY + timedelta(days=1))


def test_both_sides_have_as_many_labels_as_shares() -> None:
    """A bar without a share cannot be drawn."""
    with pytest.raises(ValidationError, match="1 labels, 2 shares"):
        Distribution(labels=("a",), shares=(0.5, 0.5))


def test_a_warning_comes_before_drift() -> None:
    """A policy that would warn of less than it finds is refused."""
    with pytest.raises(ValidationError, match=r"psi_warning .* is above psi"):
        DriftPolicy(psi_warning=0.3)
