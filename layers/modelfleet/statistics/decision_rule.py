"""Decision rules: a threshold, the class names, or a prediction interval."""

from typing import Literal

from modelfleet.spec.document import Frozen


class PredictionInterval(Frozen, extra="ignore"):
    """Split conformal interval: prediction + offset * scale, with scale 1 or abs(prediction)."""

    level: float
    lower_offset: float
    upper_offset: float
    scale: Literal["absolute", "relative"]

    def around(self, value: float) -> tuple[float, float]:
        """Return the lower and upper bound for a prediction."""
        unit = abs(value) if self.scale == "relative" else 1.0
        return value + self.lower_offset * unit, value + self.upper_offset * unit


Classes = tuple[str, ...]


# A binary classifier has a threshold; a multiclass classifier, the names of its classes, of which
# it predicts the most probable; a regression, an interval around its prediction.
Rule = float | Classes | PredictionInterval
