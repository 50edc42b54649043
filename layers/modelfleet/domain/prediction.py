"""What a score means to the caller: a decision with its risk, or a value with its interval."""

from collections.abc import Sequence
from typing import NamedTuple

from modelfleet.domain.bundle import BundleManifest, PredictionInterval
from modelfleet.domain.errors import BundleError
from modelfleet.domain.risk import Risk, risk

# Of two classes, 0.5 is a guess.
LOW_CONFIDENCE_BELOW = 0.6


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

    @property
    def low_confidence(self) -> bool:
        """Whether the likelier class is hardly more than a guess, whatever the threshold."""
        return max(self.probability, 1.0 - self.probability) < LOW_CONFIDENCE_BELOW


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

    @property
    def low_confidence(self) -> None:
        """No such thing: every value has the interval that its model promises."""
        return


def classify(score: float, threshold: float) -> Classification:
    """Decide on a score; float32 arithmetic may overshoot [0, 1] by a rounding error."""
    probability = min(max(score, 0.0), 1.0)
    return Classification(int(probability >= threshold), probability, threshold, risk(probability))


def estimate(score: float, interval: PredictionInterval) -> Estimate:
    """Put the prediction interval around a score."""
    lower, upper = interval.around(score)
    return Estimate(score, lower, upper, interval.level)


def outcomes(
    manifest: BundleManifest, scores: Sequence[float]
) -> Sequence[Classification | Estimate]:
    """Give scores their meaning by a version's own threshold or interval.

    Raises
    ------
    BundleError
        If the version has neither.
    """
    if manifest.threshold is not None:
        return [classify(score, manifest.threshold) for score in scores]
    if manifest.interval is not None:
        return [estimate(score, manifest.interval) for score in scores]
    raise BundleError(f"{manifest.model} {manifest.version}: neither threshold nor interval")
