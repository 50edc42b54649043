"""Port to a loaded model."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

Scores = list[float] | list[list[float]]
"""One float per row, length n, or class probabilities, shape (n, classes)."""


class Scorer(Protocol):
    """A loaded model."""

    def score(self, rows: Sequence[Sequence[float]]) -> Scores:
        """Score encoded rows, shape (n, columns)."""
        ...


OpenScorer = Callable[[bytes], Scorer]
"""Loads a model from the bytes of a `model.onnx`."""
