"""What the code that answers, and the code that reads answers, ask of a task."""

from array import array
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar

from modelfleet.evaluation.scorer import Scores
from modelfleet.spec.errors import ScoringError
from modelfleet.spec.model import ModelSpec

R_contra = TypeVar("R_contra", contravariant=True)
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


class TaskAnswers(Protocol[R_contra]):
    """How a task answers. `R_contra` is its decision rule.

    Attributes
    ----------
    outcome
        The named tuple that it answers.
    """

    outcome: type[Outcome]

    def outcomes(self, rule: R_contra, scores: Scores) -> Sequence[Outcome]:
        """Give scores their meaning.

        Raises
        ------
        ScoringError
            If the model does not answer the numbers that the rule needs.
        """
        ...

    def is_valid(self, spec: ModelSpec, score: float, output: Output) -> bool:
        """Whether an output with a finite score is one that the model can produce."""
        ...

    def predicted(self, output: Output, classes: Sequence[str]) -> "float | array[float]":
        """A valid output as metrics take it: a number, or a probability for each of the classes."""
        ...

    def ends(self, output: Output) -> tuple[float, float]:
        """The ends of a value's interval; a threshold, twice; NaN where there is neither."""
        ...

    def loss(self, output: Output, actual: Any) -> float:
        """The error of a valid output: squared for probabilities (Brier), absolute for a value."""
        ...


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
