"""Cross-validation folds that respect outcomes, groups, and time."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import KFold, StratifiedKFold

from modelfleet.spec.task import Task
from modelfleet.statistics.tasks.by_task import STATISTICS

Floats = NDArray[np.float64]
Positions = NDArray[np.int64]
Keys = NDArray[np.generic]
Fold = tuple[Positions, Positions]
"""Positions of the rows to fit on and of the rows left out, each in ascending order."""
Folds = tuple[Fold, ...]

_FEWEST = 2


def divide(
    task: Task,
    y: Floats,
    folds: int,
    seed: int,
    groups: Keys | None = None,
    times: Keys | None = None,
) -> Folds:
    """Divide rows into folds, stratified for classification.

    Rows of one group are never on both sides of a fold. With times, every fold is fitted on earlier
    rows than it leaves out, so the oldest rows are never left out; a group with rows on both sides
    keeps either the earlier or the later ones, and its others are not used in that fold. If that
    leaves no two folds with every class on both sides, the times are ignored.

    Parameters
    ----------
    task
        The model's task.
    y
        Target, shape (n,).
    folds
        Number of folds; fewer if the rarest class occurs in fewer groups, but at least two.
    seed
        Seed of the shuffle.
    groups
        Group of each row, shape (n,); by default, every row is its own. Any type that NumPy sorts.
    times
        Time of each row, shape (n,), of any type that NumPy sorts; by default, rows have no order.
    """
    classes = y.astype(np.int64) if STATISTICS[task].stratified else None
    codes = None if groups is None else _codes(groups)
    if times is not None:
        found = tuple(_forward(classes, _codes(times), folds, seed, codes))
        if len(found) >= _FEWEST:
            return found
    return _shuffled(classes, y.size, folds, seed, codes)


def stratified(y: Floats, folds: int, seed: int, groups: Keys | None = None) -> Folds:
    """Divide rows into stratified folds, by the rules of `divide`.

    Parameters
    ----------
    y
        Outcomes 0.0 and 1.0, or class indices, shape (n,).
    folds, seed, groups
        As in `divide`.
    """
    codes = None if groups is None else _codes(groups)
    return _shuffled(y.astype(np.int64), y.size, folds, seed, codes)


def rarest(y: Floats, groups: Keys | None = None) -> int:
    """Count the rows of the rarest class, or the groups that it occurs in.

    Parameters
    ----------
    y
        Outcomes 0.0 and 1.0, or class indices, shape (n,).
    groups
        Group of each row, shape (n,).
    """
    classes = y.astype(np.int64)
    return _rarest(classes, None if groups is None else _codes(groups))


def _codes(keys: Keys) -> Positions:
    return np.unique(keys, return_inverse=True)[1].astype(np.int64)


def _rarest(classes: Positions, codes: Positions | None) -> int:
    if codes is not None:
        classes = np.unique(np.column_stack([codes, classes]), axis=0)[:, 1]
    return int(np.bincount(classes, minlength=_FEWEST).min())


def _shuffled(
    classes: Positions | None, rows: int, folds: int, seed: int, codes: Positions | None
) -> Folds:
    if codes is not None and codes.max(initial=-1) + 1 == rows:
        codes = None
    if classes is not None:
        folds = min(folds, _rarest(classes, codes))
    elif codes is not None:
        folds = min(folds, int(codes.max()) + 1)
    folds = max(_FEWEST, folds)
    if codes is not None:
        return tuple(_of(_dealt(classes, codes, folds, seed) == fold) for fold in range(folds))
    blank = np.zeros((rows, 0))
    if classes is None:
        return tuple(KFold(folds, shuffle=True, random_state=seed).split(blank))
    splitter = StratifiedKFold(folds, shuffle=True, random_state=seed)
    return tuple(splitter.split(blank, classes))


def _of(is_left_out: NDArray[np.bool_]) -> Fold:
    return np.flatnonzero(~is_left_out), np.flatnonzero(is_left_out)


def _dealt(classes: Positions | None, codes: Positions, folds: int, seed: int) -> Positions:
    """Deal the groups to the folds, and return the fold of each row, shape (n,).

    Groups are dealt in order of their rarest class, of their number of rows of that class, and of
    their size, back and forth, so that folds get about as many rows of each class.
    `StratifiedGroupKFold` loops over the groups, which takes minutes for a million of them.
    """
    sizes = np.bincount(codes)
    stratum, rare = np.zeros(sizes.size, dtype=np.int64), sizes
    if classes is not None:
        order = np.argsort(np.argsort(np.bincount(classes), kind="stable"))[classes]
        stratum = np.full(sizes.size, classes.max() + 1)
        np.minimum.at(stratum, codes, order)
        rare = np.bincount(codes[order == stratum[codes]], minlength=sizes.size)
    shuffled = np.random.default_rng(seed).permutation(sizes.size)
    dealt = np.lexsort((shuffled, -sizes, -rare, stratum))
    place = np.arange(sizes.size) % (2 * folds)
    of_group = np.empty(sizes.size, dtype=np.int64)
    of_group[dealt] = np.minimum(place, 2 * folds - 1 - place)
    found: Positions = of_group[codes]
    return found


def _forward(
    classes: Positions | None, times: Positions, folds: int, seed: int, codes: Positions | None
) -> Iterator[Fold]:
    """Yield folds that are each fitted on the rows before a block and leave the block out."""
    ordered = np.sort(times)
    # Rows of the same time are in one block.
    starts = np.unique(ordered[[ordered.size * k // (folds + 1) for k in range(1, folds + 1)]])
    ends = [*starts[1:], int(ordered[-1]) + 1]
    rng = np.random.default_rng(seed)
    for start, end in zip(starts, ends, strict=True):
        earlier, block = times < start, (times >= start) & (times < end)
        if codes is not None:
            earlier, block = _apart(earlier, block, codes, rng)
        if _has_all(classes, earlier) and _has_all(classes, block):
            yield np.flatnonzero(earlier), np.flatnonzero(block)


def _apart(
    earlier: NDArray[np.bool_],
    block: NDArray[np.bool_],
    codes: Positions,
    rng: np.random.Generator,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Keep the earlier or the later rows of each group that has both, half of the groups each."""
    groups = int(codes.max()) + 1
    before, within = np.zeros(groups, dtype=np.bool_), np.zeros(groups, dtype=np.bool_)
    before[codes[earlier]] = within[codes[block]] = True
    stays_earlier = rng.random(groups) < 0.5  # noqa: PLR2004  # half of them
    return (
        earlier & ~(within & ~stays_earlier)[codes],
        block & ~(before & stays_earlier)[codes],
    )


def _has_all(classes: Positions | None, rows: NDArray[np.bool_]) -> bool:
    """Whether rows can be fitted and measured: two at least, and every class among them."""
    if classes is None:
        return int(np.count_nonzero(rows)) >= _FEWEST
    found = np.bincount(classes[rows], minlength=max(_FEWEST, int(classes.max()) + 1))
    return bool(found.all())
