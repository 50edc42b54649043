"""A fitted calibration as data."""

from typing import Literal

from modelfleet.spec.document import Frozen

# Scores closer to 0 or 1 carry no more information: float32 resolves 1 - score to 6e-8, and the
# log-odds of what lies beyond would be rounding noise.
SCORE_MARGIN = 1e-4


class SigmoidCalibration(Frozen, extra="ignore"):
    """Platt's: sigmoid(slope x log-odds of the score + intercept). Strictly increasing."""

    kind: Literal["sigmoid"] = "sigmoid"
    slope: float
    intercept: float


class IsotonicCalibration(Frozen, extra="ignore"):
    """Straight lines between increasing points (score, probability), the first 0 and the last 1."""

    kind: Literal["isotonic"] = "isotonic"
    scores: tuple[float, ...]
    probabilities: tuple[float, ...]


class ClasswiseCalibration(Frozen, extra="ignore"):
    """One for each of more than two classes, against all others; then all add up to 1 again."""

    kind: Literal["classwise"] = "classwise"
    classes: tuple[SigmoidCalibration | IsotonicCalibration, ...]


Calibration = SigmoidCalibration | IsotonicCalibration | ClasswiseCalibration
