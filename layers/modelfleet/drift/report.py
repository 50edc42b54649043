"""The drift report: findings per column, and for the data set."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

from pydantic import model_validator

from modelfleet.captures.window import Window
from modelfleet.drift.performance_report import PerformanceFinding, PerformanceReport
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
    """How much a finding matters; `rank` orders them."""

    NONE = "none"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """0 for none, up to 3 for high."""
        return _RANKS[self]


class DriftTest(StrEnum):
    """What a column is compared by."""

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
        """The name in a sentence."""
        return "PSI" if self is DriftTest.PSI else self.value.replace("_", " ")


class DriftStatus(StrEnum):
    """A report's answer in one word.

    `drift` where a watched column or the prediction has drifted, `warning` where one is near it.
    `insufficient data` and `fault` say nothing of drift: there is too little to compare, or what
    was compared cannot be right; the report's reason says which.
    """

    DRIFT = "drift"
    WARNING = "warning"
    NO_DRIFT = "no drift"
    INSUFFICIENT_DATA = "insufficient data"
    FAULT = "fault"


class Finding(Frozen):
    """One test of one column.

    `statistic` is the textbook's value and `p_value` its own; `p_adjusted` is corrected for all the
    tests of the report. `effect_size` is what is held against `threshold`: the statistic, or its
    like that does not grow with the rows, net of what chance alone makes. `drifted` where both the
    corrected p-value and the effect size say so; a finding that is `low` without being drifted is a
    warning.
    """

    test: DriftTest
    statistic: float
    p_value: float | None = None
    p_adjusted: float | None = None
    effect_size: float | None = None
    threshold: float
    drifted: bool
    severity: Severity


class Distribution(Frozen):
    """Shares by bin, to be drawn; both sides of a comparison have the same labels."""

    labels: tuple[str, ...]
    shares: tuple[float, ...]

    @model_validator(mode="after")
    def _paired(self) -> Self:
        if len(self.labels) != len(self.shares):
            raise ValueError(f"{len(self.labels)} labels, {len(self.shares)} shares")
        return self


class ColumnDrift(Frozen):
    """One feature, or the prediction: drifted where one of its findings is."""

    name: str
    kind: ColumnKind
    drifted: bool
    severity: Severity
    findings: tuple[Finding, ...]
    reference: Distribution
    current: Distribution

    def finding(self, test: DriftTest) -> Finding | None:
        """The finding of a test, `None` where the test does not suit the column."""
        return next((found for found in self.findings if found.test is test), None)


class DriftReport(Frozen):
    """A window's predictions of one version against what the version was trained on.

    `drifted_share` is of the watched features; `data_set_drifted` where it is above the policy's.
    `columns` holds the worst first; it is empty where there is too little to compare. The
    prediction is compared with the version's answers on held-out rows; of more than two classes it
    is the likeliest one's probability, and `label` which it is.
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

    @property
    def answers(self) -> tuple[ColumnDrift, ...]:
        """What was compared of the answers."""
        return tuple(found for found in (self.label, self.prediction) if found is not None)

    @property
    def drifted(self) -> tuple[ColumnDrift, ...]:
        """The drifted features, the worst first, and what has drifted of the answers last."""
        return tuple(column for column in (*self.columns, *self.answers) if column.drifted)


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True)
class RunFindings:
    """The version that was looked at, its drift, and how good it turned out to be."""

    manifest: BundleManifest
    drift: DriftReport
    performance: PerformanceReport
    findings: Sequence[PerformanceFinding]
