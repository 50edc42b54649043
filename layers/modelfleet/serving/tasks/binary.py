"""Answers of binary classification: a label, its probability, and its risk band."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from modelfleet.serving.tasks.task_answers import TaskAnswers, one_each

# For two classes 0.5 is a guess, and 0.6 is a fifth of the way from there to certainty.
LOW_CONFIDENCE_BELOW = 0.6
# Strings instead of an enum: they are in every answer and log line, and serializing an enum member
# takes longer than serializing the rest of the row.
Risk = Literal["LOW", "MEDIUM", "HIGH"]
RULE = (
    "LOW below the threshold, where the label is 0; MEDIUM from the threshold; HIGH from halfway "
    "between the threshold and 1"
)


class Classification(NamedTuple):
    """Probability of the positive class, with the decision and the threshold behind it."""

    label: int
    probability: float
    threshold: float
    risk: Risk

    @property
    def score(self) -> float:
        """Probability of the positive class."""
        return self.probability

    @property
    def low_confidence(self) -> bool:
        """Whether the more likely class is barely more than a guess, whatever the threshold."""
        return max(self.probability, 1.0 - self.probability) < LOW_CONFIDENCE_BELOW

    def body(self, classes: Sequence[str]) -> dict[str, Any]:
        """Return all fields, with the name of the label's class."""
        return {
            "label": self.label,
            "class": classes[self.label],
            "probability": self.probability,
            "threshold": self.threshold,
            "risk": self.risk,
        }


def risk(probability: float, threshold: float) -> Risk:
    """Return the risk band of a probability; it never contradicts the label (decision record 0028).

    Fixed bands could contradict it: a threshold is chosen to reach the recall that a model
    requires, and may be 0.2 as well as 0.8.

    Parameters
    ----------
    probability, threshold
        Probability of the positive class and decision threshold, both from 0 to 1.
    """
    if probability < threshold:
        return "LOW"
    # Halve first, because the sum of two numbers close to 1 may be rounded.
    return "MEDIUM" if probability < 0.5 * threshold + 0.5 else "HIGH"


def classify(score: float, threshold: float) -> Classification:
    """Apply the threshold to a score, clipped to [0, 1] because float32 rounding may exceed it."""
    probability = min(max(score, 0.0), 1.0)
    label = int(probability >= threshold)
    return Classification(label, probability, threshold, risk(probability, threshold))


ANSWERS = TaskAnswers[float](
    outcome=Classification,
    outcomes=lambda threshold, scores: [classify(each, threshold) for each in one_each(scores)],
    is_valid=lambda _spec, score, _output: 0.0 <= score <= 1.0,
    predicted=lambda output, _: float(output["probability"]),
    ends=lambda output: (float(output["threshold"]), float(output["threshold"])),
    loss=lambda output, actual: (float(output["probability"]) - float(actual)) ** 2,
)
