"""Answers with a value and its prediction interval."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from modelfleet.evaluation.scorer import Scores
from modelfleet.serving.tasks.task_answers import Outcome, Output, TaskAnswers, one_each
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.decision_rule import PredictionInterval


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

    def body(self) -> dict[str, Any]:
        """The interval has an object of its own."""
        interval = {"lower": self.lower, "upper": self.upper, "level": self.level}
        return {"value": self.value, "interval": interval}


def estimate(score: float, interval: PredictionInterval) -> Estimate:
    """Put the prediction interval around a score."""
    lower, upper = interval.around(score)
    return Estimate(score, lower, upper, interval.level)


class RegressionAnswers(TaskAnswers[PredictionInterval]):
    """The rule is a prediction interval."""

    outcome = Estimate

    def outcomes(self, rule: PredictionInterval, scores: Scores) -> Sequence[Outcome]:
        """Put the interval around each score."""
        return [estimate(score, rule) for score in one_each(scores)]

    def is_valid(self, spec: ModelSpec, score: float, output: Output) -> bool:
        """A value lies where the target's declaration allows it."""
        low, high = spec.target.minimum, spec.target.maximum
        return (low is None or score >= low) and (high is None or score <= high)

    def predicted(self, output: Output, classes: Sequence[str]) -> float:
        """The value."""
        return float(output["value"])

    def ends(self, output: Output) -> tuple[float, float]:
        """Those of the interval."""
        return float(output["lower"]), float(output["upper"])

    def loss(self, output: Output, actual: Any) -> float:
        """The absolute error."""
        return abs(float(output["value"]) - float(actual))
