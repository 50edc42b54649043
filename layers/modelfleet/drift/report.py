"""Drift report: findings per column and for the data set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

from pydantic import model_validator

from modelfleet.captures.window import Window
from modelfleet.drift.performance.report import PerformanceFinding, PerformanceReport
from modelfleet.drift.segments.report import SegmentReport
from modelfleet.registry.manifest import BundleManifest
from modelfleet.spec.document import Frozen
from modelfleet.spec.drift_policy import DriftPolicy
from modelfleet.spec.features import ColumnKind

__all__ = [
    "ColumnDrift",
    "Distribution",
    "DriftPolicy",
    "DriftReport",
    "DriftStatus",
    "DriftTest",
    "Finding",
    "Severity",
    "Window",
]


class Severity(StrEnum):
    """Severity of a finding; `rank` orders them."""

    NONE = "none"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """Rank from 0 (none) to 3 (high)."""
        return _RANKS[self]


class DriftTest(StrEnum):
    """Tests that compare a column with its reference."""

    PSI = "psi"
    KOLMOGOROV_SMIRNOV = "kolmogorov_smirnov"
    CHI_SQUARE = "chi_square"
    JENSEN_SHANNON = "jensen_shannon"
    WASSERSTEIN = "wasserstein"
    MISSING_SHARE = "missing_share"
    RANGE = "range"
    NEW_CATEGORIES = "new_categories"

    @property
    def shown(self) -> str:
        """Name of the test in messages."""
        return "PSI" if self is DriftTest.PSI else self.value.replace("_", " ")


class DriftStatus(StrEnum):
    """Status of a drift report.

    `drift`: a watched column or the prediction has drifted. `warning`: one is close to the
    threshold. `insufficient data` and `fault` mean that drift could not be tested, because there
    are too few rows or the compared data are inconsistent; the report's reason has the details.
    """

    DRIFT = "drift"
    WARNING = "warning"
    NO_DRIFT = "no drift"
    INSUFFICIENT_DATA = "insufficient data"
    FAULT = "fault"


class Finding(Frozen):
    """Result of one test of one column.

    `statistic` and `p_value` are the textbook values; `p_adjusted` is corrected for all tests of
    the report. `effect_size` is compared with `threshold`: it is the statistic, or an equivalent
    that does not grow with the number of rows, minus its expected value under no drift. `drifted`
    requires both the corrected p-value and the effect size; a finding with severity `low` that has
    not drifted is a warning.
    """

    test: DriftTest
    statistic: float
    p_value: float | None = None
    p_adjusted: float | None = None
    effect_size: float | None = None
    threshold: float
    drifted: bool
    severity: Severity

    @property
    def size(self) -> float:
        """Effect size; older reports only have the statistic of some tests."""
        return self.statistic if self.effect_size is None else self.effect_size


class Distribution(Frozen):
    """Shares by bin, for drawing; both sides of a comparison have the same labels."""

    labels: tuple[str, ...]
    shares: tuple[float, ...]

    @model_validator(mode="after")
    def _paired(self) -> Self:
        if len(self.labels) != len(self.shares):
            raise ValueError(f"{len(self.labels)} labels, {len(self.shares)} shares")
        return self


class ColumnDrift(Frozen):
    """Drift of a feature or the prediction: drifted if any of its findings is.

    `importance` is the loss that permuting the column causes on held-out rows; `None` for
    predictions, and for versions trained before it was recorded.
    """

    name: str
    kind: ColumnKind
    drifted: bool
    severity: Severity
    findings: tuple[Finding, ...]
    reference: Distribution
    current: Distribution
    importance: float | None = None

    def finding(self, test: DriftTest) -> Finding | None:
        """Return the finding of a test; `None` if the test does not apply to the column."""
        return next((found for found in self.findings if found.test is test), None)

    @property
    def psi(self) -> float | None:
        """PSI as it is compared with the limit: without its expected value under no drift."""
        found = self.finding(DriftTest.PSI)
        return found.size if found else None

    @property
    def weight(self) -> float:
        """Importance times drift, as PSI over its limit; 0 if either is unknown."""
        found = self.finding(DriftTest.PSI)
        drift = max(0.0, found.size) / found.threshold if found and found.threshold else 0.0
        return max(0.0, self.importance or 0.0) * drift

    @property
    def worst_first(self) -> tuple[bool, float, int, float, str]:
        """Key to sort columns by: drifted ones first, then by weight, severity, and PSI."""
        severity = -self.severity.rank
        return not self.drifted, -self.weight, severity, -(self.psi or 0.0), self.name


class RefusedCategory(Frozen):
    """A value that no category of a column lists, in requests that were refused because of it.

    `value` is `None` for all values whose text was not recorded. `share` is that of all rows that
    were sent, accepted or not. `proposed` says whether it is frequent enough to be a new category.
    """

    column: str
    value: str | None
    rows: int
    share: float
    clients: int
    proposed: bool


class DriftReport(Frozen):
    """Comparison of a version's predictions in a window with its reference profile.

    `drifted_share` is the share of watched features that have drifted; `data_set_drifted` says
    whether it exceeds the policy's limit. `columns` are ordered worst first, and empty with too
    little data. `prediction` is compared with the version's predictions on held-out rows; for
    multiclass models, it is the probability of the predicted class, and `label` that class.
    `refused` are category values by which requests were refused, most frequent first.
    """

    model: str
    version: str
    window: Window
    made_at: datetime
    status: DriftStatus
    reason: str
    reference_rows: int
    current_rows: int
    drifted_share: float = 0.0
    data_set_drifted: bool = False
    columns: tuple[ColumnDrift, ...] = ()
    prediction: ColumnDrift | None = None
    label: ColumnDrift | None = None
    refused: tuple[RefusedCategory, ...] = ()

    @property
    def answers(self) -> tuple[ColumnDrift, ...]:
        """Drift of the predictions: the predicted class, if compared, and the score."""
        return tuple(found for found in (self.label, self.prediction) if found is not None)

    def weighted(self, importance: Mapping[str, float]) -> Self:
        """Return the report with the importance of its columns, which are ordered by it."""
        known = (
            each.model_copy(update={"importance": importance.get(each.name)})
            for each in self.columns
        )
        columns = sorted(known, key=lambda each: each.worst_first)
        return self.model_copy(update={"columns": tuple(columns)})

    @property
    def has_importance(self) -> bool:
        """Whether the importance of any column is known."""
        return any(each.importance for each in self.columns)

    @property
    def worst_first(self) -> tuple[ColumnDrift, ...]:
        """Predictions and features, worst first; predictions have no importance to weigh them by.

        If that of the features is known, drifted predictions come before drifted features, and
        stable ones before stable features.
        """
        apart = self.has_importance
        both = [(False, each) for each in self.answers] + [(apart, each) for each in self.columns]
        ordered = sorted(both, key=lambda each: (not each[1].drifted, each[0], each[1].worst_first))
        return tuple(column for _, column in ordered)

    @property
    def drifted(self) -> tuple[ColumnDrift, ...]:
        """Drifted features, worst first, followed by drifted predictions."""
        return tuple(column for column in (*self.columns, *self.answers) if column.drifted)


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True)
class RunFindings:
    """Findings of a drift run: the version's manifest, drift, performance, and segments."""

    manifest: BundleManifest
    drift: DriftReport
    performance: PerformanceReport
    findings: Sequence[PerformanceFinding]
    segments: SegmentReport | None = None
