"""Answers with one of two classes: a label, its probability, and its risk."""

from typing import Any, Literal, NamedTuple

from modelfleet.serving.tasks.task_answers import TaskAnswers, one_each

# Of two classes, 0.5 is a guess, and 0.6 is a fifth of the way from there to certainty.
LOW_CONFIDENCE_BELOW = 0.6
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

    def body(self) -> dict[str, Any]:
        """Every field."""
        return self._asdict()


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


ANSWERS = TaskAnswers[float](
    outcome=Classification,
    outcomes=lambda threshold, scores: [classify(each, threshold) for each in one_each(scores)],
    is_valid=lambda _spec, score, _output: 0.0 <= score <= 1.0,
    predicted=lambda output, _: float(output["probability"]),
    ends=lambda output: (float(output["threshold"]), float(output["threshold"])),
    loss=lambda output, actual: (float(output["probability"]) - float(actual)) ** 2,
)
