"""What a score means to the caller: a decision with its risk, or a value with its interval."""

from typing import NamedTuple

from modelfleet.domain.bundle import PredictionInterval
from modelfleet.domain.risk import Risk, risk


class Classification(NamedTuple):
    """A probability of the positive class, and what it is taken for."""

    label: int
    probability: float
    threshold: float
    risk: Risk

    @property
    def score(self) -> float:
        """What the model said of the row."""
        return self.probability


class Estimate(NamedTuple):
    """A predicted value and the ends of its prediction interval."""

    value: float
    lower: float
    upper: float
    level: float

    @property
    def score(self) -> float:
        """What the model said of the row."""
        return self.value


def classify(score: float, threshold: float) -> Classification:
    """Decide on a score; float32 arithmetic may overshoot [0, 1] by a rounding error."""
    probability = min(max(score, 0.0), 1.0)
    return Classification(int(probability >= threshold), probability, threshold, risk(probability))


def estimate(score: float, interval: PredictionInterval) -> Estimate:
    """Put the prediction interval around a score."""
    lower, upper = interval.around(score)
    return Estimate(score, lower, upper, interval.level)
