"""Fitted calibrations in serializable form."""

from typing import Literal

from modelfleet.spec.document import Frozen

# Scores are clipped this far from 0 and 1: float32 resolves 1 - score only to 6e-8, so log-odds
# closer to the ends would be rounding noise.
SCORE_MARGIN = 1e-4


class SigmoidCalibration(Frozen, extra="ignore"):
    """Platt scaling, strictly increasing: sigmoid(slope * log-odds of the score + intercept)."""

    kind: Literal["sigmoid"] = "sigmoid"
    slope: float
    intercept: float


class IsotonicCalibration(Frozen, extra="ignore"):
    """Linear interpolation between increasing points; the scores run from 0 to 1."""

    kind: Literal["isotonic"] = "isotonic"
    scores: tuple[float, ...]
    probabilities: tuple[float, ...]


class ClasswiseCalibration(Frozen, extra="ignore"):
    """One-vs-rest calibration of each class, normalized so that probabilities sum to 1."""

    kind: Literal["classwise"] = "classwise"
    classes: tuple[SigmoidCalibration | IsotonicCalibration, ...]


Calibration = SigmoidCalibration | IsotonicCalibration | ClasswiseCalibration
