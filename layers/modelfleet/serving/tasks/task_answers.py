"""What the code that answers, and the code that reads answers, ask of a task."""

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from modelfleet.evaluation.scorer import Scores
from modelfleet.spec.errors import ScoringError
from modelfleet.spec.model import ModelSpec

R = TypeVar("R")
Output = Mapping[str, Any]
"""The fields of an outcome, as captures hold them."""


class Outcome(Protocol):
    """What a model says of a row: a named tuple."""

    @property
    def score(self) -> float:
        """What the model said of the row."""
        ...

    @property
    def low_confidence(self) -> bool | None:
        """Whether it is hardly more than a guess; `None` where there is no such thing."""
        ...

    def body(self) -> dict[str, Any]:
        """Its part of a response's body."""
        ...

    def _asdict(self) -> dict[str, Any]: ...


@dataclass(frozen=True, kw_only=True)
class TaskAnswers(Generic[R]):
    """How a task answers; `R` is its decision rule."""

    # The named tuple that it answers.
    outcome: type[Outcome]
    # Gives scores their meaning by the rule; raises `ScoringError` where they do not fit it.
    outcomes: Callable[[R, Scores], Sequence[Outcome]]
    # Whether an output with a finite score is one that the model can produce.
    is_valid: Callable[[ModelSpec, float, Output], bool]
    # A valid output as metrics take it: a number, or a probability for each of the classes.
    predicted: Callable[[Output, Sequence[str]], "float | array[float]"]
    # What a valid output ends at: its interval, or a threshold twice; NaN where it has neither.
    ends: Callable[[Output], tuple[float, float]]
    # The error of a valid output: squared for probabilities (Brier), absolute for a value.
    loss: Callable[[Output, Any], float]


def one_each(scores: Scores) -> list[float]:
    """Scores of models that answer one number a row.

    Raises
    ------
    ScoringError
        If there are several.
    """
    if scores and isinstance(scores[0], list):
        raise ScoringError(f"the model returned {len(scores[0])} scores for a row")
    return scores  # type: ignore[return-value]  # all are of the first one's type
