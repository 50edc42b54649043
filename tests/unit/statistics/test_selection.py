"""Choosing among candidates: the default stays unless another is ahead by more than noise."""

import numpy as np
import pytest

from modelfleet.statistics.selection import best, choose, lead, noise, ranked


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


def test_the_best_mean_wins_by_little() -> None:
    """A steady lead wins, however small, because it is more likely to be right than wrong."""
    scores = {"default": (0.80, 0.82, 0.81), "other": (0.803, 0.824, 0.814)}
    assert best(scores, {"default": 1, "other": 9}, higher_is_better=True) == "other"
    assert ranked(scores, higher_is_better=True) == ["other", "default"]
    assert ranked(scores, higher_is_better=False) == ["default", "other"]


def test_the_cheaper_wins_a_tie() -> None:
    """A lead that comes and goes with the fold is a tie, which the cheaper candidate wins."""
    scores = {"dear": (0.80, 0.84, 0.81), "cheap": (0.82, 0.80, 0.829)}
    for better in (True, False):
        assert best(scores, {"dear": 9, "cheap": 1}, higher_is_better=better) == "cheap"
        assert best(scores, {"dear": 1, "cheap": 9}, higher_is_better=better) == "dear"


def test_equal_in_everything_is_decided_by_the_score() -> None:
    """Of candidates that are tied and cost the same, the better one wins."""
    scores = {"a": (0.80, 0.84, 0.81), "b": (0.82, 0.80, 0.831)}
    assert best(scores, {"a": 1, "b": 1}, higher_is_better=True) == "b"
