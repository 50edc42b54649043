"""Warning and failure thresholds for data checks."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from modelfleet.spec.document import Frozen


class Check(StrEnum):
    """What is looked at."""

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
    """Two upper bounds of one measure; a measure above `fail` refuses the table."""

    warn: Annotated[float, Field(ge=0.0)] | None = None
    fail: Annotated[float, Field(ge=0.0)] | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.warn is not None and self.fail is not None and self.warn > self.fail:
            raise ValueError(f"warn {self.warn:g} is above fail {self.fail:g}")
        return self


class DataLimits(Frozen):
    """What a model's data may look like. Every limit is an upper bound.

    Comparisons with the version before warn and never refuse unless a model says otherwise: new
    data are new because the world has changed.

    Attributes
    ----------
    rejected_share
        Rows that break the schema, per column and for the whole table.
    missing_share
        Gaps of one column.
    duplicate_share
        Rows that repeat another one, target included.
    conflict_share
        Rows whose features also stand with the other label.
    leakage
        ROC AUC, or R², that a model of one column alone reaches.
    majority_share
        The larger class, or the most frequent value of a numeric target.
    drift
        Population stability index of a column against the version before; below 0.1 stable, above
        0.2 shifted (Siddiqi 2006).
    missing_change, positive_change
        Difference of shares to the version before.
    rows_lost
        1 - rows / rows of the version before.
    minimum_rows
        Below it shares say nothing, and the schema alone decides.
    cleared
        Columns that look like a leak, or were once declared as known afterwards, and are known
        before the outcome all the same.
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
