"""Splits rows into training, validation, and test, by time, group, or features."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from hashlib import blake2b

from modelfleet.datasets.manifest import Side, TimeBoundaries
from modelfleet.datasets.row_groups import row_key
from modelfleet.spec.errors import DatasetError
from modelfleet.spec.model import ModelSpec
from modelfleet.tables.validate import Row

# Cumulative shares: the upper end of each side in the interval from 0 to 1.
SHARES = ((Side.TRAIN, 0.6), (Side.VALIDATION, 0.8), (Side.TEST, 1.0))
MINIMUM_ROWS = 30
# Calibration uses five folds of the training rows, each of which needs every class.
MINIMUM_CLASS_ROWS = 5
_DIGEST_BYTES = 8
# The parent version's boundaries are kept only if they leave at least this share for testing.
_LEAST_TEST_SHARE = 0.1

Splits = Mapping[Side, Sequence[Row]]


def side_of(spec: ModelSpec, row: Row) -> Side:
    """Return the side of a row of a model without a time column.

    The side depends only on the row's group, or on its features if it has none. It does not change
    when rows are added, and rows of a group, or with equal features, are never on two sides, so
    that no test row was trained on, not even under another label. The hash ignores the target, so
    class shares are equal up to sampling error.
    """
    position = _position(row_key(spec, row))
    return next(side for side, end in SHARES if position < end or side is Side.TEST)


def _position(key: bytes) -> float:
    """Return a number from 0 to 1 that is uniformly distributed over different keys."""
    digest = blake2b(key, digest_size=_DIGEST_BYTES).digest()
    return int.from_bytes(digest) / float(2 ** (8 * _DIGEST_BYTES))


def split(spec: ModelSpec, rows: Sequence[Row], boundaries: TimeBoundaries | None = None) -> Splits:
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
    """
    sides: dict[Side, list[Row]] = {side: [] for side in Side}
    known = boundaries or time_boundaries(spec, rows)
    if spec.time is None or known is None:
        for row in rows:
            sides[side_of(spec, row)].append(row)
        return sides
    for row in rows:
        sides[_side_at(row[spec.time.column], known)].append(row)
    return sides if spec.group is None else _one_side_each(spec, sides)


def _one_side_each(spec: ModelSpec, sides: Splits) -> Splits:
    """Keep the rows of each group on one side only.

    Testing only groups that are not in training would leave no test rows if every customer has rows
    in every period.
    """
    found: defaultdict[bytes, list[tuple[Side, float]]] = defaultdict(list)
    keys = {side: [row_key(spec, row) for row in rows] for side, rows in sides.items()}
    lower = 0.0
    for side, upper in SHARES:
        for key in dict.fromkeys(keys[side]):
            found[key].append((side, upper - lower))
        lower = upper
    chosen = {key: _chosen(key, shares) for key, shares in found.items()}
    return {
        side: [row for row, key in zip(rows, keys[side], strict=True) if chosen[key] is side]
        for side, rows in sides.items()
    }


def _chosen(key: bytes, shares: Sequence[tuple[Side, float]]) -> Side:
    """Choose one of the sides on which a group has rows, in proportion to their shares."""
    left = _position(key) * sum(share for _, share in shares)
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
    times = sorted(row[spec.time.column] for row in rows)
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


def _side_at(time: str, boundaries: TimeBoundaries) -> Side:
    if time >= boundaries.test_from:
        return Side.TEST
    return Side.VALIDATION if time >= boundaries.validation_from else Side.TRAIN


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
                spec, f"the {side} side has {len(rows)} rows, {MINIMUM_ROWS} are needed"
            )
        targets = Counter(row[spec.target.column] for row in rows)
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
                f"the {side} side has {count} rows with {spec.target.column} = {told}, "
                f"{MINIMUM_CLASS_ROWS} are needed",
            )


def _too_small(spec: ModelSpec, fault: str) -> DatasetError:
    return DatasetError(f"{spec.name}: {fault}; load more rows and retrain")
