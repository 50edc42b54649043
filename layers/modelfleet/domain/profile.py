"""A reference profile: what the training rows and the predictions on them looked like."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class _Profile(BaseModel):
    model_config = ConfigDict(frozen=True)


class NumberProfile(_Profile):
    """A numeric column in quantile bins.

    `edges` are the inner ones, ascending; a value belongs to the first bin whose edge is not below
    it, and the outermost bins are open, so that no value falls out of range. `shares` has one entry
    more than `edges` and adds up to 1 over the values that are not missing.
    """

    kind: Literal["number"] = "number"
    missing_share: float
    minimum: float | None
    maximum: float | None
    mean: float | None
    standard_deviation: float | None
    edges: tuple[float, ...]
    shares: tuple[float, ...]


class CategoryProfile(_Profile):
    """A category's shares, which add up to 1 over the values that are not missing."""

    kind: Literal["category"] = "category"
    missing_share: float
    shares: dict[str, float]


class ReferenceProfile(_Profile):
    """The content of a bundle's `profile.json`."""

    format: Literal[1] = 1
    rows: int
    columns: dict[str, NumberProfile | CategoryProfile]
    prediction: NumberProfile
