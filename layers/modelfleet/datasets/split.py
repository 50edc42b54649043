"""Splits rows into training, validation, and test, by time, group, or features."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from modelfleet.datasets.manifest import DatasetManifest, Side, TimeBoundaries
from modelfleet.datasets.row_bytes import Digests, Keyed
from modelfleet.datasets.row_groups import row_key, row_keys
from modelfleet.spec.errors import DatasetError
from modelfleet.spec.model import ModelSpec
from modelfleet.tables.rows import Row, values_of, where

# Cumulative shares: the upper end of each side in the interval from 0 to 1.
SHARES = ((Side.TRAIN, 0.6), (Side.VALIDATION, 0.8), (Side.TEST, 1.0))
_SIDES: tuple[Side, ...] = tuple(side for side, _ in SHARES)
# With fewer rows, no interval of a metric is informative, and no fold has every class.
MINIMUM_ROWS = 8
MINIMUM_CLASS_ROWS = 3
# Below these, rows that happen to be well divided make a difference, so several salts are tried.
_ENOUGH_ROWS, _ENOUGH_CLASS_ROWS = 30, 5
# The more rows, the less a salt matters, and the more it costs to try.
_SALTS_TRIED, _DIGESTS_TRIED = 1_000, 2_000_000
_DIGEST_BYTES = 8
# The parent version's boundaries are kept only if they leave at least this share for testing.
_LEAST_TEST_SHARE = 0.1

Splits = Mapping[Side, Sequence[Row]]


def side_of(spec: ModelSpec, row: Row, salt: int = 0) -> Side:
    """Return the side of a row of a model without a time column.

    The side depends only on the salt and the row's group, or its features if it has none. It does
    not change when rows are added, and rows of a group, or with equal features, are never on two
    sides, so that no test row was trained on, not even under another label. The hash ignores the
    target, so class shares are equal up to sampling error.
    """
    return _SIDES[int(_places(_digests([row_key(spec, row)]), salt)[0])]


def row_digests(spec: ModelSpec, rows: Sequence[Row]) -> Digests:
    """Return a hash of what decides each row's side, shape (n,); see `side_of`."""
    return _digests(row_keys(spec, rows))


def keyed(spec: ModelSpec) -> Keyed | None:
    """Return how rows are hashed by their features; `None` if something else decides their side."""
    if spec.time is not None or spec.group is not None:
        return None
    return Keyed(spec.feature_names, _digests)


def _digests(keys: Iterable[bytes]) -> Digests:
    """Return a hash of each key, shape (n,)."""
    digests = (blake2b(key, digest_size=_DIGEST_BYTES).digest() for key in keys)
    return np.frombuffer(b"".join(digests), dtype=">u8").astype(np.uint64)


def _positions(keys: Iterable[bytes]) -> NDArray[np.float64]:
    """Return numbers from 0 to 1, shape (n,), uniformly distributed over different keys."""
    return _digests(keys) / 2.0 ** (8 * _DIGEST_BYTES)


def _places(digests: Digests, salt: int) -> NDArray[np.intp]:
    """Return the index of each row's side, shape (n,)."""
    mixed = digests
    if salt:
        # SplitMix64 (Steele, Lea and Flood 2014): a salted hash without hashing the rows again.
        mixed = digests + np.uint64(salt * 0x9E3779B97F4A7C15 % 2**64)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed ^= mixed >> np.uint64(31)
    ends = [end for _, end in SHARES[:-1]]
    return np.searchsorted(ends, mixed / 2.0 ** (8 * _DIGEST_BYTES), side="right")


def split_salt(
    spec: ModelSpec,
    rows: Sequence[Row],
    before: int | None = None,
    digests: Digests | None = None,
) -> int:
    """Return the salt that gives each side of a small table enough rows of each class.

    Among 50 rows, a side may get hardly any row of a class by chance. The salt is then the first
    one that divides the classes well, or the best of those tried. It is stored with the version
    and inherited, so that rows keep their sides when others are added, for as long as it works.

    Parameters
    ----------
    spec
        The model.
    rows
        Validated rows.
    before
        Salt of the parent version, if there is one.
    digests
        The rows' digests, if they are known.
    """
    if spec.time is not None or not rows:
        return before or 0
    known = row_digests(spec, rows) if digests is None else digests
    targets = np.array(values_of(rows, spec.target.column), dtype=object)
    codes = [targets == one for one in spec.outcomes]

    def smallest(salt: int) -> tuple[int, int]:
        """Return the rows of the smallest side, and of the rarest class on any side."""
        places = _places(known, salt)
        sizes = np.bincount(places, minlength=len(SHARES))
        rarest = (np.bincount(places[code], minlength=len(SHARES)).min() for code in codes)
        return int(sizes.min()), int(min(rarest, default=sizes.min()))

    if before is not None:
        least, rarest = smallest(before)
        if least >= MINIMUM_ROWS and rarest >= MINIMUM_CLASS_ROWS:
            return before
    found: dict[int, float] = {}
    for salt in range(max(1, min(_SALTS_TRIED, _DIGESTS_TRIED // len(rows)))):
        least, rarest = smallest(salt)
        found[salt] = min(least / _ENOUGH_ROWS, rarest / _ENOUGH_CLASS_ROWS, 1.0)
        if found[salt] >= 1.0:
            break
    return max(found, key=lambda salt: found[salt])


def split_version(
    spec: ModelSpec,
    rows: Sequence[Row],
    manifest: DatasetManifest | None,
    digests: Digests | None = None,
) -> Splits:
    """Split the rows of a data set version as when it was published."""
    if manifest is None:
        return split(spec, rows, digests=digests)
    return split(spec, rows, manifest.time_boundaries, manifest.split_salt, digests)


def split(
    spec: ModelSpec,
    rows: Sequence[Row],
    boundaries: TimeBoundaries | None = None,
    salt: int = 0,
    digests: Digests | None = None,
) -> Splits:
    """Split rows 60/20/20, preserving their order.

    With both a time and a group, a group with rows in several periods keeps those of one period,
    chosen by the group's hash, and its other rows are on no side.

    Parameters
    ----------
    spec
        The model.
    rows
        Validated rows.
    boundaries
        Time boundaries of the data set version, if the model declares a time; by default, computed
        from the rows.
    salt
        Salt of the data set version, see `split_salt`.
    digests
        The rows' digests, if they are known.
    """
    known = boundaries or time_boundaries(spec, rows)
    if spec.time is None or known is None:
        places = _places(row_digests(spec, rows) if digests is None else digests, salt)
        return {side: where(rows, places == place) for place, side in enumerate(_SIDES)}
    times = np.array(values_of(rows, spec.time.column), dtype=object)
    places = (times >= known.validation_from).astype(np.intp)
    places[times >= known.test_from] = _SIDES.index(Side.TEST)
    sides = {side: where(rows, places == place) for place, side in enumerate(_SIDES)}
    return sides if spec.group is None else _one_side_each(spec, sides)


def _one_side_each(spec: ModelSpec, sides: Splits) -> Splits:
    """Keep the rows of each group on one side only.

    Testing only groups that are not in training would leave no test rows if every customer has rows
    in every period.
    """
    found: defaultdict[bytes, list[tuple[Side, float]]] = defaultdict(list)
    keys = {side: [*row_keys(spec, rows)] for side, rows in sides.items()}
    lower = 0.0
    for side, upper in SHARES:
        for key in dict.fromkeys(keys[side]):
            found[key].append((side, upper - lower))
        lower = upper
    chosen = {key: _chosen(key, shares) for key, shares in found.items()}
    return {
        side: where(rows, np.array([chosen[key] is side for key in keys[side]], dtype=np.bool_))
        for side, rows in sides.items()
    }


def _chosen(key: bytes, shares: Sequence[tuple[Side, float]]) -> Side:
    """Choose one of the sides on which a group has rows, in proportion to their shares."""
    left = float(_positions([key])[0]) * sum(share for _, share in shares)
    for side, share in shares:
        left -= share
        if left < 0.0:
            return side
    return shares[-1][0]


def time_boundaries(
    spec: ModelSpec, rows: Sequence[Row], before: TimeBoundaries | None = None
) -> TimeBoundaries | None:
    """Return the time boundaries of a version; `None` if the model declares no time.

    Boundaries never move back from those of the parent version, so that rows it was trained on are
    older than this version's test rows, even when older rows are added. If that leaves too few test
    rows, the data have changed, and the boundaries are computed anew.
    """
    if spec.time is None or not rows:
        return None
    times = sorted(values_of(rows, spec.time.column))
    validation, test = (times[int(end * len(times))] for _, end in SHARES[:-1])
    found = TimeBoundaries(validation_from=validation, test_from=test)
    if before is None:
        return found
    later = TimeBoundaries(
        validation_from=max(validation, before.validation_from),
        test_from=max(test, before.test_from),
    )
    left = len(times) - bisect_left(times, later.test_from)
    return later if left >= _LEAST_TEST_SHARE * len(times) else found


def require_enough(spec: ModelSpec, sides: Splits) -> None:
    """Check that each side has enough rows.

    Raises
    ------
    DatasetError
        If a side has too few rows, too few rows of a class, or a constant target.
    """
    for side, rows in sides.items():
        if len(rows) < MINIMUM_ROWS:
            raise _too_small(
                spec, f"the {side} side has {len(rows):,} rows, {MINIMUM_ROWS} are needed"
            )
        targets = Counter(values_of(rows, spec.target.column))
        if spec.outcomes:
            _require_classes(spec, side, targets)
        elif len(targets) == 1:
            raise _too_small(spec, f"{spec.target.column} never varies on the {side} side")


def _require_classes(spec: ModelSpec, side: Side, targets: Mapping[float | str, int]) -> None:
    for value in spec.outcomes:
        if (count := targets.get(value, 0)) < MINIMUM_CLASS_ROWS:
            told = value if isinstance(value, str) else f"{value:g}"
            raise _too_small(
                spec,
                f"the {side} side has {count:,} rows with {spec.target.column} = {told}, "
                f"{MINIMUM_CLASS_ROWS} are needed",
            )


def _too_small(spec: ModelSpec, fault: str) -> DatasetError:
    return DatasetError(f"{spec.name}: {fault}; load more rows and retrain")
