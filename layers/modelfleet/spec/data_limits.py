"""Warning and failure thresholds for data checks."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from modelfleet.spec.document import Frozen


class Check(StrEnum):
    """The data checks."""

    TYPES = "types"
    RANGES = "ranges"
    CATEGORIES = "categories"
    REQUIRED = "required values"
    REJECTED = "rejected rows"
    MISSING = "missing values"
    CONSTANT = "constant column"
    DUPLICATES = "duplicates"
    CONFLICTS = "label conflicts"
    LEAKAGE = "target leakage"
    AFTERWARDS = "known afterwards"
    CLASSES = "class shares"
    DRIFT = "drift"
    MISSING_CHANGE = "missing values, change"
    CLASS_CHANGE = "class shares, change"
    ROWS = "row count"


class Limit(Frozen):
    """Upper bounds for one measure: above `warn` it warns, above `fail` it rejects the table."""

    warn: Annotated[float, Field(ge=0.0)] | None = None
    fail: Annotated[float, Field(ge=0.0)] | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.warn is not None and self.fail is not None and self.warn > self.fail:
            raise ValueError(f"warn {self.warn:g} is above fail {self.fail:g}")
        return self


class DataLimits(Frozen):
    """Limits for the checks of a model's data. Every limit is an upper bound.

    Comparisons with the previous version only warn by default, because new data are expected to
    differ from old data.

    Attributes
    ----------
    rejected_share
        Share of rows that violate the schema, per column and for the whole table.
    missing_share
        Share of missing values in a column.
    duplicate_share
        Share of rows that duplicate another row, including the target.
    conflict_share
        Share of rows whose features also occur with a different label.
    leakage
        ROC AUC, or R², of a model fitted on a single column.
    majority_share
        Share of the majority class, or of the most frequent value of a numeric target.
    drift
        Population stability index of a column relative to the previous version; below 0.1 is
        stable, above 0.2 shifted (Siddiqi 2006).
    missing_change, positive_change
        Difference from the share in the previous version.
    rows_lost
        1 - rows / rows of the previous version.
    minimum_rows
        Rows required to compare shares; with fewer, only the schema is checked.
    cleared
        Columns exempt from the leakage checks: confirmed as known before the outcome, although they
        look like a leak or were once declared as known afterwards.
    """

    rejected_share: Limit = Limit(warn=0.05, fail=0.5)
    missing_share: Limit = Limit(warn=0.7, fail=0.995)
    duplicate_share: Limit = Limit(warn=0.3, fail=0.95)
    conflict_share: Limit = Limit(warn=0.1)
    leakage: Limit = Limit(warn=0.95, fail=0.99)
    majority_share: Limit = Limit(warn=0.99, fail=0.999)
    drift: Limit = Limit(warn=0.2)
    missing_change: Limit = Limit(warn=0.1)
    positive_change: Limit = Limit(warn=0.05)
    rows_lost: Limit = Limit(warn=0.5)
    minimum_rows: Annotated[int, Field(ge=1)] = 100
    cleared: tuple[str, ...] = ()
