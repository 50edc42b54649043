"""How strong effects must be for imitated rows to teach as much as the rows of the table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from modelfleet.spec.model import Task
from modelfleet.statistics.leakage import auc, r_squared
from modelfleet.statistics.metrics.class_measures import one_hot

ROWS = 3_000
"""How strong effects are shows on so many rows."""

_SEED = 0
_FOLDS = 3
_PENALTY = 1.0
_WEAKEST, _STRONGEST = 0.2, 5.0
_HALVINGS = 7
_ROUNDS = 40
# What is never left open of a number is noise.
_NOISE_MINIMUM = 0.01

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Score:
    """Weights of inputs, shape (scores, inputs), with a base each; and the noise of a number."""

    weights: Floats
    bases: Floats
    noise: float = 0.0


def matched(
    task: Task,
    inputs: Floats,
    y: Floats,
    imitated: Sequence[Floats],
    weights: Floats,
    expected: float,
) -> Score:
    """Scale weights so that a plain learner finds in imitated rows what it finds in real ones.

    Effects that were fitted with a penalty are too weak, and those fitted to few rows say too much:
    neither shows in the fit, and imitated columns do not go together as real ones do. What shows is
    how well the outcome of a row is predicted by a model of other rows. So outcomes are drawn for
    imitated rows from scaled effects, a ridge regression learns them by cross-validation as it
    learns the real ones, and the scale is that at which it does equally well (indirect inference:
    Gourieroux, Monfort and Renault 1993).

    Parameters
    ----------
    task
        What the target is.
    inputs
        Of the table, shape (n, inputs).
    y
        The target, shape (n,).
    imitated
        Inputs of imitated tables, each of the same shape.
    weights
        As they were fitted, shape (scores, inputs).
    expected
        ROC AUC, or R², that a better learner reaches. Where the plain one reaches less, because
        not all effects add up, those that do are to be so much stronger.
    """
    kind = _Values if task is Task.REGRESSION else _Classes
    worlds = [(each, kind(each @ weights.T, y)) for each in imitated]

    def reached(scale: float) -> float:
        # The same chance at each scale, so that what is learned rises with it.
        random = np.random.default_rng(_SEED)
        drawn = [(each, world.drawn(scale, random)) for each, world in worlds]
        return float(np.mean([learned(task, each, outcomes) for each, outcomes in drawn]))

    scale = _scale(reached, max(expected, learned(task, inputs, y)))
    return kind(np.concatenate(imitated) @ weights.T, y).scaled(weights, scale)


def learned(task: Task, inputs: Floats, y: Floats) -> float:
    """R² of ridge regression by cross-validation, or the mean ROC AUC of each class.

    Parameters
    ----------
    task
        What the target is.
    inputs
        Shape (n, inputs); `ROWS` of them are looked at.
    y
        The target, shape (n,); classes by their index.
    """
    chosen = np.random.default_rng(_SEED).permutation(y.size)[:ROWS]
    inputs, y = inputs[chosen], y[chosen]
    if task is Task.REGRESSION:
        return r_squared(y, _predicted(inputs, y[:, None])[:, 0])
    truth = one_hot(y, int(y.max()) + 1)
    truth = truth[:, 1:] if task is Task.BINARY else truth
    pairs = zip(truth.T, _predicted(inputs, truth).T, strict=True)
    # A rare class may be in none of the rows that are looked at.
    return float(np.mean([auc(one, found) for one, found in pairs if one.any()]))


def _predicted(inputs: Floats, targets: Floats) -> Floats:
    """Each row's targets, shape (n, targets), by a ridge regression of the other folds."""
    folds = np.arange(len(inputs)) % _FOLDS
    found = np.empty_like(targets)
    for fold in range(_FOLDS):
        here = folds == fold
        middle, level = inputs[~here].mean(axis=0), targets[~here].mean(axis=0)
        X, Y = inputs[~here] - middle, targets[~here] - level
        weights = np.linalg.solve(X.T @ X + _PENALTY * np.eye(X.shape[1]), X.T @ Y)
        found[here] = level + (inputs[here] - middle) @ weights
    return found


def _scale(learned: Callable[[float], float], wanted: float) -> float:
    """Where more strength begins to be too much, by halving the interval on a logarithmic scale."""
    low, high = np.log(_WEAKEST), np.log(_STRONGEST)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if learned(float(np.exp(middle))) < wanted else (low, middle)
    return float(np.exp((low + high) / 2))


class _Classes:
    """Outcomes by the softmax of their scores, each class as frequent as it is.

    Of two classes there is one score, and the other class has 0.
    """

    def __init__(self, scores: Floats, y: Floats) -> None:
        self._is_one = scores.shape[1] == 1
        self._scores = np.column_stack([0 * scores, scores]) if self._is_one else scores
        count = self._scores.shape[1]
        self._shares = np.bincount(y.astype(np.int64), minlength=count) / y.size

    def drawn(self, scale: float, random: np.random.Generator) -> Floats:
        """Outcomes, shape (n,)."""
        scores = scale * self._scores + self._levels(scale)
        # The largest of scores with Gumbel noise is a draw by their softmax (Gumbel 1954).
        noisy = scores + random.gumbel(size=scores.shape)
        return np.asarray(noisy.argmax(axis=1), dtype=np.float64)

    def scaled(self, weights: Floats, scale: float) -> Score:
        """What draws such outcomes."""
        levels = self._levels(scale)
        return Score(scale * weights, levels[1:] - levels[0] if self._is_one else levels)

    def _levels(self, scale: float) -> Floats:
        levels = np.log(self._shares)
        for _ in range(_ROUNDS):
            found = softmax(scale * self._scores + levels, axis=1).mean(axis=0)
            levels += np.log(self._shares / found)
        return levels


class _Values:
    """Numbers that vary as much as they do: the score explains a part of it, and noise the rest."""

    def __init__(self, scores: Floats, y: Floats) -> None:
        self._scores = scores[:, 0] - scores.mean()
        self._middle, self._variance = float(y.mean()), float(y.var())
        self._level = float(scores.mean())

    def drawn(self, scale: float, random: np.random.Generator) -> Floats:
        """Values, shape (n,)."""
        noise = self._noise(scale) * random.standard_normal(size=self._scores.size)
        return np.asarray(self._middle + scale * self._scores + noise)

    def scaled(self, weights: Floats, scale: float) -> Score:
        """What draws such values."""
        base = np.array([self._middle - scale * self._level])
        return Score(scale * weights, base, self._noise(scale))

    def _noise(self, scale: float) -> float:
        left = self._variance - scale**2 * self._scores.var()
        return float(np.sqrt(max(left, _NOISE_MINIMUM * self._variance)))
