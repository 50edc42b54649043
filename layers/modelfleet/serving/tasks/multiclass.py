"""Answers of multiclass classification: a label and the probability of each class."""

from array import array
from collections.abc import Sequence
from math import nan
from typing import Any, NamedTuple, cast

from modelfleet.evaluation.scorer import Scores
from modelfleet.serving.tasks.task_answers import Output, TaskAnswers
from modelfleet.spec.errors import ScoringError
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.decision_rule import Classes

# Fraction of the way from a guess to certainty, as for two classes.
_CERTAINTY = 0.2


class ClassChoice(NamedTuple):
    """Most likely class, its probability, and the probability of each class by name."""

    label: str
    probability: float
    probabilities: dict[str, float]

    @property
    def score(self) -> float:
        """Probability of the predicted class."""
        return self.probability

    @property
    def low_confidence(self) -> bool:
        """Whether the most likely class is barely more than a guess among that many classes."""
        guess = 1.0 / len(self.probabilities)
        return self.probability < guess + _CERTAINTY * (1.0 - guess)

    def body(self, classes: Sequence[str]) -> dict[str, Any]:  # noqa: ARG002  the label is a name
        """Return all fields; the label is the name of its class."""
        return {
            "label": self.label,
            "class": self.label,
            "probability": self.probability,
            "probabilities": self.probabilities,
        }


def choose_class(scores: Sequence[float], classes: Sequence[str]) -> ClassChoice:
    """Return the most likely class; ties go to the first."""
    held = [min(max(score, 0.0), 1.0) for score in scores]
    probability = max(held)
    label = classes[held.index(probability)]
    return ClassChoice(label, probability, dict(zip(classes, held, strict=True)))


def _outcomes(classes: Classes, scores: Scores) -> Sequence[ClassChoice]:
    if scores and (not isinstance(scores[0], list) or len(scores[0]) != len(classes)):
        raise ScoringError(f"the model did not return one score for each of {len(classes)} classes")
    return [choose_class(row, classes) for row in cast("list[list[float]]", scores)]


def _is_valid(spec: ModelSpec, score: float, output: Output) -> bool:
    each = output.get("probabilities")
    named = isinstance(each, dict) and output.get("label") in each
    return named and set(each or ()) <= {*spec.classes} and 0.0 <= score <= 1.0


def _predicted(output: Output, classes: Sequence[str]) -> "array[float]":
    told = output["probabilities"]
    # Models return float32, and lists would take ten times the memory for a million rows.
    return array("f", [told.get(name, 0.0) for name in classes])


def _loss(output: Output, actual: Any) -> float:
    told = output["probabilities"]
    missed = float(actual not in told)
    return missed + sum((float(p) - float(name == actual)) ** 2 for name, p in told.items())


ANSWERS = TaskAnswers[Classes](
    outcome=ClassChoice,
    outcomes=_outcomes,
    is_valid=_is_valid,
    predicted=_predicted,
    ends=lambda _: (nan, nan),
    loss=_loss,
)
