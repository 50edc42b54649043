"""Shapley values of one row against background rows, exact where affordable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    # Keeps cold starts short: serving loads neither this nor `numpy.random` before it explains.
    from numpy.typing import NDArray

Matrix: TypeAlias = "NDArray[np.float32]"
Vector: TypeAlias = "NDArray[np.float64]"
Score = Callable[[Matrix], Vector]

# A variance estimate needs two pairs.
_PAIRS_MINIMUM = 2


@dataclass(frozen=True)
class Attribution:
    """Contribution of each feature to a row's score.

    Attributes
    ----------
    base
        Mean score of the background rows.
    values
        Shapley values, shape (features,); they sum to the row's score minus `base`.
    errors
        Standard errors of the values, shape (features,); 0 for exact values.
    evaluations
        Number of rows scored.
    exact
        Whether all coalitions were enumerated.
    """

    base: float
    values: Vector
    errors: Vector
    evaluations: int
    exact: bool


@dataclass(frozen=True)
class _Game:
    """The game of the row against one background row; the players are the features that differ.

    Features with equal values contribute nothing to any coalition, so omitting them is exact.
    """

    background: int
    players: NDArray[np.intp]
    masks: NDArray[np.bool_]
    pairs: int


def shapley_values(
    score: Score,
    row: Matrix,
    background: Matrix,
    *,
    row_score: float,
    evaluations: int,
    seed: int,
    owners: Sequence[int] | None = None,
) -> Attribution:
    """Explain a row's score by its features.

    The value of a coalition is the mean score of the background rows with the coalition's features
    taken from the row (interventional: dependence between features is deliberately ignored). A
    feature's Shapley value is the mean over the games against each background row. A game is
    enumerated if its share of the evaluations allows it; otherwise, it is estimated by antithetic
    permutations: complete permutations in pairs of an order and its reverse, so that the estimates
    sum to the same difference as the exact values.

    Parameters
    ----------
    score
        Scoring function; maps shape (n, columns) to shape (n,).
    row
        Encoded row, shape (columns,).
    background
        Encoded background rows, shape (m, columns), m >= 1.
    row_score
        Score of the row, as served.
    evaluations
        Number of rows that may be scored; exceeded only if two pairs of permutations per background
        row need more.
    seed
        Seed of the permutations.
    owners
        Place of the feature that each column belongs to, ascending, for features of several
        columns; by default, each column is a feature.

    References
    ----------
    Strumbelj and Kononenko, "Explaining prediction models and individual predictions with feature
    contributions", Knowledge and Information Systems 41 (2014). Mitchell, Cooper, Frank and Holmes,
    "Sampling permutations for Shapley value estimation", JMLR 23 (2022), for antithetic pairs.
    """
    of = np.arange(row.size) if owners is None else np.asarray(owners)
    games = _games(row, background, of, evaluations - len(background), np.random.default_rng(seed))
    hybrids = np.concatenate([background, *(_hybrids(game, row, background, of) for game in games)])
    scores = score(hybrids)
    alone, rest = scores[: len(background)], scores[len(background) :]
    values, variances = np.zeros(of[-1] + 1), np.zeros(of[-1] + 1)
    for game in games:
        own, rest = rest[: len(game.masks)], rest[len(game.masks) :]
        added, variance = _solve(game, own, alone[game.background], row_score)
        values[game.players] += added
        variances[game.players] += variance
    return Attribution(
        base=float(alone.mean()),
        values=values / len(background),
        errors=np.sqrt(variances) / len(background),
        evaluations=len(hybrids),
        exact=not any(game.pairs for game in games),
    )


# Annotations are not evaluated in this module: naming numpy.random would import it, and a serving
# function needs it only to explain.
def _games(
    row: Matrix,
    background: Matrix,
    owners: NDArray[np.intp],
    evaluations: int,
    random: np.random.Generator,
) -> list[_Game]:
    """Allocate evaluations to the smallest games first; larger games share the remainder."""
    differs = (background != row) & ~(np.isnan(background) & np.isnan(row))
    players = [np.unique(owners[differing]) for differing in differs]
    games = []
    for done, index in enumerate(sorted(range(len(players)), key=lambda i: len(players[i]))):
        share = evaluations // (len(players) - done)
        game = _game(index, players[index], share, random)
        evaluations -= len(game.masks)
        games.append(game)
    return games


def _game(
    background: int, players: NDArray[np.intp], share: int, random: np.random.Generator
) -> _Game:
    count = len(players)
    if 2**count - 2 <= share or count <= _PAIRS_MINIMUM:
        return _Game(background, players, _coalitions(count), 0)
    pairs = max(_PAIRS_MINIMUM, share // (2 * (count - 1)))
    orders = random.permuted(np.tile(np.arange(count), (pairs, 1)), axis=1)
    both = np.stack([orders, orders[:, ::-1]], axis=1).reshape(2 * pairs, count)
    ranks = np.argsort(both, axis=1)
    # The coalition after every step except the last, shape (orders, steps, players).
    masks = ranks[:, None, :] <= np.arange(count - 1)[None, :, None]
    return _Game(background, players, masks.reshape(-1, count), pairs)


def _coalitions(players: int) -> NDArray[np.bool_]:
    """Enumerate all coalitions except the empty and the full one, in binary order."""
    numbers = np.arange(1, max(1, 2**players - 1))
    masks: NDArray[np.bool_] = (numbers[:, None] >> np.arange(players)) & 1 == 1
    return masks


def _hybrids(game: _Game, row: Matrix, background: Matrix, owners: NDArray[np.intp]) -> Matrix:
    """Return the background row with each coalition's features taken from the row."""
    taken = np.zeros((len(game.masks), owners[-1] + 1), dtype=np.bool_)
    taken[:, game.players] = game.masks
    return np.where(taken[:, owners], row, background[game.background])


def _solve(game: _Game, scores: Vector, empty: float, whole: float) -> tuple[Vector, Vector]:
    """Return the Shapley values of a game's players and their variances, shape (players,)."""
    count = len(game.players)
    if not count:
        return np.zeros(0), np.zeros(0)
    if game.pairs:
        return _sampled(game, scores, empty, whole)
    worth = np.concatenate([[empty], scores, [whole]])
    weights = _weights(count)
    members = np.arange(2**count)[:, None] >> np.arange(count) & 1
    sizes = members.sum(axis=1)
    # A coalition adds to the values of its members and subtracts from those of all others.
    for_members = np.append(0.0, weights)[sizes]
    for_others = np.append(weights, 0.0)[sizes]
    values = worth @ np.where(members == 1, for_members[:, None], -for_others[:, None])
    return values, np.zeros(count)


def _weights(players: int) -> Vector:
    """Return the Shapley weights of coalitions without the player, by size; shape (players,)."""
    weights = np.empty(players)
    weights[0] = 1 / players
    for size in range(1, players):
        weights[size] = weights[size - 1] * size / (players - size)
    return weights


def _sampled(game: _Game, scores: Vector, empty: float, whole: float) -> tuple[Vector, Vector]:
    count, orders = len(game.players), 2 * game.pairs
    path = np.empty((orders, count + 1))
    path[:, 0], path[:, -1] = empty, whole
    path[:, 1:-1] = scores.reshape(orders, count - 1)
    # The position of a player in an order is the number of coalitions on the path without it.
    ranks = count - 1 - game.masks.reshape(orders, count - 1, count).sum(axis=1)
    steps = np.take_along_axis(np.diff(path, axis=1), ranks, axis=1)
    pairs = steps.reshape(game.pairs, 2, count).mean(axis=1)
    return pairs.mean(axis=0), pairs.var(axis=0, ddof=1) / game.pairs
