"""A model's decision rule: a threshold, classes, or an interval."""

from typing import Literal

from modelfleet.spec.document import Frozen


class PredictionInterval(Frozen, extra="ignore"):
    """Split conformal interval: prediction + offset x scale, scale being 1 or the prediction."""

    level: float
    lower_offset: float
    upper_offset: float
    scale: Literal["absolute", "relative"]

    def around(self, value: float) -> tuple[float, float]:
        """The interval's ends around a predicted value."""
        unit = abs(value) if self.scale == "relative" else 1.0
        return value + self.lower_offset * unit, value + self.upper_offset * unit


Classes = tuple[str, ...]


# A classifier decides by a threshold, or takes the likeliest of the classes that are named; a
# regression says how far around its value the truth may lie.
Rule = float | Classes | PredictionInterval
