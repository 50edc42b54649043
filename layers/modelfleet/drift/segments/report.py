"""Slices and groups of a version's predictions, as measured, and the findings about them."""

from enum import StrEnum

from pydantic import AwareDatetime

from modelfleet.spec.alert_policy import Concern
from modelfleet.spec.document import Frozen
from modelfleet.spec.metric import Metric
from modelfleet.statistics.results import Estimate


class RateKind(StrEnum):
    """A rate that is compared between groups.

    `selection_rate`: the share of rows predicted as positive. `true_positive_rate`: the same among
    rows whose reported outcome is positive.
    """

    SELECTION = "selection_rate"
    TRUE_POSITIVE = "true_positive_rate"

    @property
    def shown(self) -> str:
        """Name in messages."""
        return self.value.replace("_", " ")


class ProductionSlice(Frozen, extra="ignore"):
    """The slice metric on one group of rows with reported outcomes.

    `rows` is `None` for a small group of a sensitive column, whose size is not told. `estimate` is
    `None` if the group cannot be measured; `note` then states why. `held_out` is the value of the
    version's holdout, if the same slice was measured there. `fault` states which limit it exceeds.
    """

    column: str
    group: str
    sensitive: bool
    rows: int | None
    estimate: Estimate | None = None
    held_out: Estimate | None = None
    fault: str = ""
    note: str = ""


class GroupRate(Frozen, extra="ignore"):
    """Rate of one group of a sensitive column, of `rows`; `None` in a group that is too small."""

    group: str
    rows: int | None
    rate: Estimate | None = None
    note: str = ""


class RateComparison(Frozen, extra="ignore"):
    """One rate in all groups of a sensitive column, highest first, and the pair that differs most.

    `difference` is the rate of the group `higher` minus that of `lower`, and `ratio` the lower rate
    over the higher one. Of all pairs, it is the one whose difference has the highest lower bound.
    Their intervals hold together with those of all comparisons of the run with 95 %; those of the
    groups' rates are 95 % intervals. `note` states why nothing could be compared.
    """

    column: str
    kind: RateKind
    groups: tuple[GroupRate, ...] = ()
    higher: str | None = None
    lower: str | None = None
    difference: Estimate | None = None
    ratio: Estimate | None = None
    limit: float | None = None
    note: str = ""

    @property
    def exceeded(self) -> bool:
        """Whether the difference is significantly above its limit."""
        apart, limit = self.difference, self.limit
        return limit is not None and apart is not None and (apart.lower or 0.0) > limit


class SegmentFinding(Frozen, extra="ignore"):
    """A slice or a difference beyond its limit; the text names no group of a sensitive column."""

    concern: Concern
    text: str


class SegmentReport(Frozen, extra="ignore"):
    """Slices and groups of a version's predictions from `start` to before `end`.

    `comparisons` is the number of pairs of groups that were compared. `note` states why no rates
    were compared.
    """

    version: str
    start: AwareDatetime
    end: AwareDatetime
    metric: Metric | None = None
    slices: tuple[ProductionSlice, ...] = ()
    rates: tuple[RateComparison, ...] = ()
    comparisons: int = 0
    findings: tuple[SegmentFinding, ...] = ()
    note: str = ""

    @property
    def measured(self) -> frozenset[Concern]:
        """The concerns that there were enough rows to rule out or find."""
        slices = any(each.estimate is not None for each in self.slices)
        rates = any(each.difference is not None for each in self.rates)
        found = ((Concern.SEGMENT, slices), (Concern.FAIRNESS, rates))
        return frozenset(concern for concern, known in found if known)
