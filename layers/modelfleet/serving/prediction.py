"""What a score means to the caller: a decision with its risk, a class, or a value."""

from collections.abc import Sequence
from typing import NamedTuple, cast

from modelfleet.evaluation.scorer import Scores
from modelfleet.registry.manifest import BundleManifest
from modelfleet.serving.risk import Risk, risk
from modelfleet.spec.errors import BundleError, ScoringError
from modelfleet.statistics.decision_rule import PredictionInterval

# Of two classes, 0.5 is a guess, and 0.6 is a fifth of the way from there to certainty.
LOW_CONFIDENCE_BELOW = 0.6
_CERTAINTY = 0.2


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


class ClassChoice(NamedTuple):
    """The likeliest of more than two classes, and the probability of each by its name."""

    label: str
    probability: float
    probabilities: dict[str, float]

    @property
    def score(self) -> float:
        """What the model said of the row: the probability of the class that it names."""
        return self.probability

    @property
    def low_confidence(self) -> bool:
        """Whether the likeliest class is hardly more than a guess among so many."""
        guess = 1.0 / len(self.probabilities)
        return self.probability < guess + _CERTAINTY * (1.0 - guess)


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
    label = int(probability >= threshold)
    return Classification(label, probability, threshold, risk(probability, threshold))


def choose_class(scores: Sequence[float], classes: Sequence[str]) -> ClassChoice:
    """Take the likeliest class, the first of equals."""
    held = [min(max(score, 0.0), 1.0) for score in scores]
    probability = max(held)
    label = classes[held.index(probability)]
    return ClassChoice(label, probability, dict(zip(classes, held, strict=True)))


def estimate(score: float, interval: PredictionInterval) -> Estimate:
    """Put the prediction interval around a score."""
    lower, upper = interval.around(score)
    return Estimate(score, lower, upper, interval.level)


def _chosen(classes: Sequence[str], scores: Scores) -> Sequence[ClassChoice]:
    if scores and (not isinstance(scores[0], list) or len(scores[0]) != len(classes)):
        raise ScoringError(f"the model did not answer a number for each of {len(classes)} classes")
    return [choose_class(row, classes) for row in cast("list[list[float]]", scores)]


Outcome = Classification | ClassChoice | Estimate


def outcomes(manifest: BundleManifest, scores: Scores) -> Sequence[Outcome]:
    """Give scores their meaning by a version's own threshold, classes or interval.

    Raises
    ------
    BundleError
        If the version has none of them.
    ScoringError
        If the model does not answer a number for each row, or for each of the classes.
    """
    if manifest.classes is not None:
        return _chosen(manifest.classes, scores)
    if scores and isinstance(scores[0], list):
        raise ScoringError(f"the model answered {len(scores[0])} numbers for a row")
    single = cast("list[float]", scores)
    if manifest.threshold is not None:
        return [classify(score, manifest.threshold) for score in single]
    if manifest.interval is not None:
        return [estimate(score, manifest.interval) for score in single]
    raise BundleError(f"{manifest.model} {manifest.version}: neither threshold nor interval")
