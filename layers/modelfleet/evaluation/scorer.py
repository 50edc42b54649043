"""The port to a loaded model."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

Scores = list[float] | list[list[float]]
"""A float a row, length n; of more than two classes a probability each, shape (n, classes)."""


class Scorer(Protocol):
    """A loaded model."""

    def score(self, rows: Sequence[Sequence[float]]) -> Scores:
        """Score encoded rows, shape (n, columns)."""
        ...


OpenScorer = Callable[[bytes], Scorer]
"""Loads the bytes of a `model.onnx`."""
