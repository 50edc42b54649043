"""Answers of regression: a value and its prediction interval."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from modelfleet.serving.tasks.task_answers import Output, TaskAnswers, one_each
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.decision_rule import PredictionInterval


class Estimate(NamedTuple):
    """Predicted value and the bounds of its prediction interval."""

    value: float
    lower: float
    upper: float
    level: float

    @property
    def score(self) -> float:
        """Predicted value."""
        return self.value

    @property
    def low_confidence(self) -> None:
        """`None`: uncertainty is expressed by the interval."""
        return

    def body(self, classes: Sequence[str]) -> dict[str, Any]:  # noqa: ARG002  there are none
        """Return the fields, with the interval nested."""
        interval = {"lower": self.lower, "upper": self.upper, "level": self.level}
        return {"value": self.value, "interval": interval}


def estimate(score: float, interval: PredictionInterval) -> Estimate:
    """Add the prediction interval to a score."""
    lower, upper = interval.around(score)
    return Estimate(score, lower, upper, interval.level)


def _is_valid(spec: ModelSpec, score: float, _output: Output) -> bool:
    low, high = spec.target.minimum, spec.target.maximum
    return (low is None or score >= low) and (high is None or score <= high)


ANSWERS = TaskAnswers[PredictionInterval](
    outcome=Estimate,
    outcomes=lambda interval, scores: [estimate(each, interval) for each in one_each(scores)],
    is_valid=_is_valid,
    predicted=lambda output, _: float(output["value"]),
    ends=lambda output: (float(output["lower"]), float(output["upper"])),
    loss=lambda output, actual: abs(float(output["value"]) - float(actual)),
)
