"""Choosing among candidates: the default stays unless another is ahead by more than noise."""

import numpy as np
import pytest

from modelfleet.statistics.selection import choose, lead, noise


def test_a_clear_lead_wins() -> None:
    """A candidate that is ahead on every fold by about the same replaces the default."""
    scores = {"default": (0.80, 0.82, 0.81), "other": (0.83, 0.85, 0.841)}
    assert choose(scores, higher_is_better=True) == "other"


def test_a_lead_on_one_fold_is_noise() -> None:
    """A candidate whose lead comes from one fold does not."""
    scores = {"default": (0.80, 0.82, 0.81), "other": (0.80, 0.82, 0.86)}
    assert choose(scores, higher_is_better=True) == "default"


def test_ties_go_to_the_default() -> None:
    """Equal scores leave the first."""
    assert choose({"a": (1.0, 1.0), "b": (1.0, 1.0)}, higher_is_better=True) == "a"


def test_errors_are_better_when_lower() -> None:
    """For an error, the lower candidate wins, and of two the lowest."""
    scores = {"default": (10.0, 11.0), "good": (8.0, 9.1), "best": (7.0, 8.1)}
    assert choose(scores, higher_is_better=False) == "best"
    assert choose(scores, higher_is_better=True) == "default"


def test_noise_by_hand() -> None:
    """Differences 0 and 2 have deviation sqrt(2); with two folds the variance counts 1.5 times."""
    assert noise((0.0, 0.0), (0.0, 2.0)) == pytest.approx(2 * np.sqrt(2) * np.sqrt(1.5))
    assert lead((0.0, 0.0), (0.0, 2.0), higher_is_better=False) == -1.0
