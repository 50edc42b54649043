"""Turns a score into a label with its risk, a class, or a value."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, cast

from modelfleet.evaluation.scorer import Scores
from modelfleet.registry.manifest import BundleManifest
from modelfleet.spec.errors import BundleError, ScoringError
from modelfleet.statistics.decision_rule import PredictionInterval

# Of two classes, 0.5 is a guess, and 0.6 is a fifth of the way from there to certainty.
LOW_CONFIDENCE_BELOW = 0.6
_CERTAINTY = 0.2
# Words and no enum: they are in every answer and every log line, and writing an enum's member as
# JSON takes longer than writing all the rest of the row.
Risk = Literal["LOW", "MEDIUM", "HIGH"]
RULE = (
    "LOW below the threshold, where the label is 0; MEDIUM from the threshold; HIGH from halfway "
    "between the threshold and 1"
)


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


Outcome = Classification | ClassChoice | Estimate


def risk(probability: float, threshold: float) -> Risk:
    """The band of a probability, which never contradicts the label; see decision record 0028.

    Fixed bands cannot keep that promise: a threshold is whatever reaches the recall that a model
    wants, 0.2 as well as 0.8.

    Parameters
    ----------
    probability, threshold
        Of the positive class, both from 0 to 1.
    """
    if probability < threshold:
        return "LOW"
    # Halved first: the sum of two numbers close to 1 may be rounded.
    return "MEDIUM" if probability < 0.5 * threshold + 0.5 else "HIGH"


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
        raise ScoringError(f"the model did not return one score for each of {len(classes)} classes")
    return [choose_class(row, classes) for row in cast("list[list[float]]", scores)]


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
        raise ScoringError(f"the model returned {len(scores[0])} scores for a row")
    single = cast("list[float]", scores)
    if manifest.threshold is not None:
        return [classify(score, manifest.threshold) for score in single]
    if manifest.interval is not None:
        return [estimate(score, manifest.interval) for score in single]
    raise BundleError(f"{manifest.model} {manifest.version}: neither threshold nor interval")
