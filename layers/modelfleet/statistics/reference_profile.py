"""The reference profile of training rows and predictions."""

from typing import Literal

from modelfleet.spec.document import Document, Frozen
from modelfleet.spec.errors import BundleError


class EmpiricalCurve(Frozen, extra="ignore"):
    """How many of a column's values are not above each of some points, ascending.

    The first point is the smallest value and the last one the largest. `exhaustive` where every
    distinct value is a point; else points lie at even shares of the values, so that between two of
    them the curve is known to within one such share.
    """

    points: tuple[float, ...]
    counts: tuple[int, ...]
    exhaustive: bool


class NumberProfile(Frozen, extra="ignore"):
    """A numeric column in quantile bins.

    `edges` are the inner ones, ascending; a value belongs to the first bin whose edge is not below
    it, and the outermost bins are open, so that no value falls out of range. `shares` has one entry
    more than `edges` and adds up to 1 over the values that are not missing. `rows` counts all
    values; profiles from before that was recorded lack it and the `curve`.
    """

    kind: Literal["number"] = "number"
    missing_share: float
    minimum: float | None
    maximum: float | None
    mean: float | None
    standard_deviation: float | None
    edges: tuple[float, ...]
    shares: tuple[float, ...]
    rows: int | None = None
    curve: EmpiricalCurve | None = None


class CategoryProfile(Frozen, extra="ignore"):
    """A category's shares, which add up to 1 over the values that are not missing."""

    kind: Literal["category"] = "category"
    missing_share: float
    shares: dict[str, float]
    rows: int | None = None


class ReferenceProfile(Document):
    """The content of a bundle's `profile.json`.

    `columns` describe the `rows` that the model was trained on, `prediction` its answers on the
    validation rows. Of more than two classes `prediction` is the likeliest one's probability, and
    `label` which it is. Format 1 had neither curves nor the number of predictions.
    """

    noun = "profile.json"
    error = BundleError

    format: Literal[1, 2] = 2
    rows: int
    columns: dict[str, NumberProfile | CategoryProfile]
    prediction: NumberProfile
    label: CategoryProfile | None = None
