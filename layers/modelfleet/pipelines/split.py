"""Divide rows between training, validation and test by a hash of the row itself."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b

from modelfleet.domain.dataset import Side, canonical
from modelfleet.domain.errors import DatasetError
from modelfleet.domain.spec import ModelSpec, Task
from modelfleet.pipelines.validate import Row

# Upper ends of each side's part of the interval from 0 to 1.
SHARES = ((Side.TRAIN, 0.6), (Side.VALIDATION, 0.8), (Side.TEST, 1.0))
MINIMUM_ROWS = 30
# Calibration cuts training rows into five folds, and each needs both classes.
MINIMUM_CLASS_ROWS = 5
_DIGEST_BYTES = 8

Splits = Mapping[Side, Sequence[Row]]


def side_of(row: Row) -> Side:
    """The side of a row.

    It depends on the row's values alone: it stays when rows are added, and equal rows are never on
    two sides, so that no row is measured that was trained on.
    """
    digest = blake2b(canonical(row), digest_size=_DIGEST_BYTES).digest()
    position = int.from_bytes(digest) / 2 ** (8 * _DIGEST_BYTES)
    return next(side for side, end in SHARES if position < end or side is Side.TEST)


def split(rows: Iterable[Row]) -> Splits:
    """Divide rows 60/20/20, each side in the order of the rows."""
    sides: dict[Side, list[Row]] = {side: [] for side in Side}
    for row in rows:
        sides[side_of(row)].append(row)
    return sides


def require_enough(spec: ModelSpec, sides: Splits) -> None:
    """Check that each side can do its work.

    Raises
    ------
    DatasetError
        If a side has too few rows, or too few of a class, or a target that never varies.
    """
    for side, rows in sides.items():
        if len(rows) < MINIMUM_ROWS:
            raise _too_small(
                spec, f"the {side} side has {len(rows)} rows, {MINIMUM_ROWS} are needed"
            )
        targets = Counter(row[spec.target.column] for row in rows)
        if spec.task is Task.BINARY:
            _require_classes(spec, side, targets)
        elif len(targets) == 1:
            raise _too_small(spec, f"{spec.target.column} never varies on the {side} side")


def _require_classes(spec: ModelSpec, side: Side, targets: Mapping[float, int]) -> None:
    for label in (0, 1):
        if (count := targets.get(float(label), 0)) < MINIMUM_CLASS_ROWS:
            raise _too_small(
                spec,
                f"the {side} side has {count} rows with {spec.target.column} = {label}, "
                f"{MINIMUM_CLASS_ROWS} are needed",
            )


def _too_small(spec: ModelSpec, fault: str) -> DatasetError:
    return DatasetError(f"{spec.name}: {fault}; load more rows and retrain")
