"""Converts a score to a label with its risk, a class, or a value."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, cast

from modelfleet.evaluation.scorer import Scores
from modelfleet.registry.manifest import BundleManifest
from modelfleet.spec.errors import BundleError, ScoringError
from modelfleet.statistics.decision_rule import PredictionInterval

# With two classes, 0.5 is a guess, and 0.6 is a fifth of the way from there to certainty.
LOW_CONFIDENCE_BELOW = 0.6
_CERTAINTY = 0.2
# Strings instead of an enum: they are in every response and log line, and serializing an enum
# member to JSON takes longer than the rest of the row.
Risk = Literal["LOW", "MEDIUM", "HIGH"]
RULE = (
    "LOW below the threshold, where the label is 0; MEDIUM from the threshold; HIGH from halfway "
    "between the threshold and 1"
)


class Classification(NamedTuple):
    """Probability of the positive class, with the resulting label and risk."""

    label: int
    probability: float
    threshold: float
    risk: Risk

    @property
    def score(self) -> float:
        """The model's score of the row."""
        return self.probability

    @property
    def low_confidence(self) -> bool:
        """Whether the likelier class is little better than a guess, regardless of the threshold."""
        return max(self.probability, 1.0 - self.probability) < LOW_CONFIDENCE_BELOW


class ClassChoice(NamedTuple):
    """Likeliest class of a multiclass model, and the probability of each class by name."""

    label: str
    probability: float
    probabilities: dict[str, float]

    @property
    def score(self) -> float:
        """The model's score of the row: the probability of the predicted class."""
        return self.probability

    @property
    def low_confidence(self) -> bool:
        """Whether the likeliest class is little better than a guess among all classes."""
        guess = 1.0 / len(self.probabilities)
        return self.probability < guess + _CERTAINTY * (1.0 - guess)


class Estimate(NamedTuple):
    """Predicted value with its prediction interval."""

    value: float
    lower: float
    upper: float
    level: float

    @property
    def score(self) -> float:
        """The model's score of the row."""
        return self.value

    @property
    def low_confidence(self) -> None:
        """Not defined for values, which have a prediction interval instead."""
        return


Outcome = Classification | ClassChoice | Estimate


def risk(probability: float, threshold: float) -> Risk:
    """Return the risk band of a probability, consistent with the label; see decision record 0028.

    Fixed bands could contradict the label, because the threshold depends on the recall that a model
    requires and may be 0.2 as well as 0.8.

    Parameters
    ----------
    probability, threshold
        Probability and threshold of the positive class, both in [0, 1].
    """
    if probability < threshold:
        return "LOW"
    # Halve first, because the sum of two numbers close to 1 may be rounded.
    return "MEDIUM" if probability < 0.5 * threshold + 0.5 else "HIGH"


def classify(score: float, threshold: float) -> Classification:
    """Classify a score, clipped to [0, 1] because of float32 rounding errors."""
    probability = min(max(score, 0.0), 1.0)
    label = int(probability >= threshold)
    return Classification(label, probability, threshold, risk(probability, threshold))


def choose_class(scores: Sequence[float], classes: Sequence[str]) -> ClassChoice:
    """Choose the likeliest class; the first one if several are equally likely."""
    held = [min(max(score, 0.0), 1.0) for score in scores]
    probability = max(held)
    label = classes[held.index(probability)]
    return ClassChoice(label, probability, dict(zip(classes, held, strict=True)))


def estimate(score: float, interval: PredictionInterval) -> Estimate:
    """Return a score with its prediction interval."""
    lower, upper = interval.around(score)
    return Estimate(score, lower, upper, interval.level)


def _chosen(classes: Sequence[str], scores: Scores) -> Sequence[ClassChoice]:
    if scores and (not isinstance(scores[0], list) or len(scores[0]) != len(classes)):
        raise ScoringError(f"the model did not return one score for each of {len(classes)} classes")
    return [choose_class(row, classes) for row in cast("list[list[float]]", scores)]


def outcomes(manifest: BundleManifest, scores: Scores) -> Sequence[Outcome]:
    """Interpret scores with a version's threshold, classes, or interval.

    Raises
    ------
    BundleError
        If the version has none of them.
    ScoringError
        If the model does not return one number per row, or per row and class.
    """
    if manifest.classes is not None:
        return _chosen(manifest.classes, scores)
    if scores and isinstance(scores[0], list):
        raise ScoringError(f"the model returned {len(scores[0])} scores for a row")
    single = cast("list[float]", scores)
    if manifest.threshold is not None:
        return [classify(score, manifest.threshold) for score in single]
    if manifest.interval is not None:
        return [estimate(score, manifest.interval) for score in single]
    raise BundleError(f"{manifest.model} {manifest.version}: neither threshold nor interval")
