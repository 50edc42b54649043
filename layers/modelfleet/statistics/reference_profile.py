"""Reference profile of the training rows and predictions."""

from typing import Literal

from modelfleet.spec.document import Document, Frozen
from modelfleet.spec.errors import BundleError


class EmpiricalCurve(Frozen, extra="ignore"):
    """Empirical distribution of a column: the count of values at or below each point.

    `points` ascend from the smallest value to the largest. If `exhaustive`, every distinct value is
    a point; otherwise, points are evenly spaced quantiles, and between two of them the curve is
    known to within one step.
    """

    points: tuple[float, ...]
    counts: tuple[int, ...]
    exhaustive: bool


class NumberProfile(Frozen, extra="ignore"):
    """Profile of a numeric column in quantile bins.

    `edges` are the inner bin edges, ascending and inclusive on the right; the outermost bins are
    unbounded, so that every value falls into one. `shares` has one more entry than `edges` and sums
    to 1 over the values that are not missing. `rows` counts all values; older profiles lack `rows`
    and `curve`. The numbers of dates (`of_dates`) are days since 1970.
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
    of_dates: bool = False

    @property
    def has_a_bin_for_each_value(self) -> bool:
        """Whether each bin holds a single value, so that the column is a category in disguise."""
        curve = self.curve
        return curve is not None and curve.exhaustive and len(curve.points) == len(self.shares)


class CategoryProfile(Frozen, extra="ignore"):
    """Profile of a categorical column; `shares` sum to 1 over the values that are not missing."""

    kind: Literal["category"] = "category"
    missing_share: float
    shares: dict[str, float]
    rows: int | None = None


class ReferenceProfile(Document):
    """Content of a bundle's `profile.json`.

    `columns` profile the `rows` training rows, and `prediction` the predictions on the validation
    rows. With more than two classes, `prediction` profiles the probability of the predicted class,
    and `label` the class. Format 1 had neither curves nor the number of predictions.
    """

    noun = "profile.json"
    error = BundleError

    format: Literal[1, 2] = 2
    rows: int
    columns: dict[str, NumberProfile | CategoryProfile]
    prediction: NumberProfile
    label: CategoryProfile | None = None
