"""Interface of a task to code that produces or reads answers."""

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from modelfleet.evaluation.scorer import Scores
from modelfleet.spec.errors import ScoringError
from modelfleet.spec.model import ModelSpec

R = TypeVar("R")
Output = Mapping[str, Any]
"""Fields of an outcome, as stored in captures."""


class Outcome(Protocol):
    """A model's answer for one row: a named tuple."""

    @property
    def score(self) -> float:
        """Predicted probability or value."""
        ...

    @property
    def low_confidence(self) -> bool | None:
        """Whether the prediction is barely more than a guess; `None` if undefined for the task."""
        ...

    def body(self, classes: Sequence[str]) -> dict[str, Any]:
        """Return the outcome's fields in a response body, or in the results of a batch job.

        Parameters
        ----------
        classes
            Names of the classes, in the order of their labels; empty for regression.
        """
        ...

    def _asdict(self) -> dict[str, Any]: ...


@dataclass(frozen=True, kw_only=True)
class TaskAnswers(Generic[R]):
    """Answers of a task; `R` is the type of its decision rule."""

    # Named tuple of one answer.
    outcome: type[Outcome]
    # Convert scores to outcomes by the rule; raises `ScoringError` if their shape does not fit.
    outcomes: Callable[[R, Scores], Sequence[Outcome]]
    # Return whether the model can have produced an output whose score is finite.
    is_valid: Callable[[ModelSpec, float, Output], bool]
    # A valid output as metrics expect it: a number, or one probability per class.
    predicted: Callable[[Output, Sequence[str]], "float | array[float]"]
    # Bounds of a valid output: its interval, or the threshold twice; NaN if it has neither.
    ends: Callable[[Output], tuple[float, float]]
    # Error of a valid output: squared for probabilities (Brier), absolute for values.
    loss: Callable[[Output, Any], float]


def one_each(scores: Scores) -> list[float]:
    """Return the scores of a model that returns one number per row.

    Raises
    ------
    ScoringError
        If it returns several.
    """
    if scores and isinstance(scores[0], list):
        raise ScoringError(f"the model returned {len(scores[0])} scores for a row")
    return scores  # type: ignore[return-value]  # all are of the first one's type
