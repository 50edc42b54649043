"""Rows that repeat others, exactly or almost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from modelfleet.drafting.column_values import ColumnValues
from modelfleet.drafting.plan import PlanWarning, WarningCode

Hashes = NDArray[np.uint64]

# Rows repeat by chance if there are few columns with few values: the share of rows that repeat
# another one, exactly or almost, must exceed that in a table with shuffled columns by this much,
# and by this factor.
_TOLD_SHARE = 0.01
_ALMOST_SHARE = 0.25
_BY_CHANCE = 3.0
# Numbers are rounded to this share of their standard deviation.
_ROUNDED_TO = 0.1
_MEASURED_VALUES = 20
# Each column is left out once, so wide tables are looked at in fewer rows.
_CELLS_LOOKED_AT = 4_000_000
_SEED = 0


@dataclass(frozen=True)
class RepeatedRows:
    """Number of rows that repeat another one exactly, and what to say about repeated rows."""

    count: int
    warnings: tuple[PlanWarning, ...]


def repeated_rows(
    known: Mapping[str, ColumnValues],
    features: Sequence[str],
    target: str,
    *,
    grouped: bool,
    timed: bool,
) -> RepeatedRows:
    """Find repeated rows, and almost repeated ones if there is no group.

    Parameters
    ----------
    known
        Columns in the rows that have an outcome.
    features, target
        Names of the features and the target.
    grouped, timed
        Whether a group or a time decides the side of a row.
    """
    hashes = [_column_hashes(known[name], place) for place, name in enumerate(features)]
    outcome = _column_hashes(known[target], len(features))
    counts = np.unique(_sum([*hashes, outcome]), return_counts=True)[1]
    warnings = []
    if (told := _exact(counts, _sum([*_shuffled(hashes), outcome]))) is not None:
        kept = "" if grouped or timed else "; equal rows stay on one side of each split"
        text = f"{told}{kept}; if the export repeats rows, remove them"
        warnings.append(PlanWarning(code=WarningCode.DUPLICATES, text=text))
    rows = max(2, min(outcome.size, _CELLS_LOOKED_AT // len(features)))
    if not grouped and (share := _almost_repeated(known, features, hashes, rows)) is not None:
        text = (
            f"{share:.0%} of the rows equal another one except in one column or after rounding; if "
            "they are about the same customer or thing, a split puts them on both sides: name the "
            "column that says which rows belong together with --group"
        )
        warnings.append(PlanWarning(code=WarningCode.GROUP, text=text))
    return RepeatedRows(outcome.size - counts.size, tuple(warnings))


def row_groups(
    known: Mapping[str, ColumnValues], group: str | None, target: str
) -> NDArray[np.uint64]:
    """Return the group of each row, shape (rows,); equal rows are one where there is no group.

    Parameters
    ----------
    known
        Columns in the rows that have an outcome.
    group, target
        Name of the group, if there is one, and of the target.
    """
    names = [name for name in known if name not in (group, target)]
    if not names:
        # Nothing tells the rows of such a table apart.
        return np.arange(len(known[target].texts), dtype=np.uint64)
    equal = _sum([_column_hashes(known[name], place) for place, name in enumerate(names)])
    if group is None:
        return equal
    missing = np.array([text is None for text in known[group].texts], dtype=np.bool_)
    return np.where(missing, equal, _hashed(np.array(known[group].texts, dtype=object)))


def _exact(counts: NDArray[np.int64], shuffled: Hashes) -> str | None:
    """Describe how many rows repeat another one, unless chance explains it."""
    rows, least, most = int(counts.sum()), int(counts.min()), int(counts.max())
    if least == most > 1:
        return f"every row is there {'twice' if most == 2 else f'{most:,} times'}"  # noqa: PLR2004
    share, chance = 1 - counts.size / rows, 1 - np.unique(shuffled).size / rows
    if share < max(chance + _TOLD_SHARE, _BY_CHANCE * chance):
        return None
    return f"{rows - counts.size:,} of {rows:,} rows ({share:.0%}) repeat another one"


def _shuffled(columns: Sequence[Hashes]) -> list[Hashes]:
    """Shuffle each column by itself, which leaves only the repetitions that chance makes."""
    rng = np.random.default_rng(_SEED)
    return [column[rng.permutation(column.size)] for column in columns]


def _almost_repeated(
    known: Mapping[str, ColumnValues],
    features: Sequence[str],
    hashes: Sequence[Hashes],
    rows: int,
) -> float | None:
    """Return the share of rows that almost repeat another one, unless chance explains it."""
    exact = [column[:rows] for column in hashes]
    rounded = [
        _column_hashes(known[name], place, rounded=True)[:rows]
        for place, name in enumerate(features)
    ]
    share = _almost_share(exact, rounded)
    chance = _almost_share(_shuffled(exact), _shuffled(rounded))
    return share if share >= max(chance + _ALMOST_SHARE, _BY_CHANCE * chance) else None


def _almost_share(exact: Sequence[Hashes], rounded: Sequence[Hashes]) -> float:
    """Return the share of rows that equal another in all columns but one, or once rounded."""
    whole = _sum(exact)
    copies = _copies(whole)
    almost = _copies(_sum(rounded)) > copies
    if len(exact) > 1:
        for column in exact:
            almost |= _copies(whole - column) > copies
    return float(almost.mean())


def _copies(hashes: Hashes) -> NDArray[np.int64]:
    """Return how often the hash of each row occurs."""
    _, inverse, counts = np.unique(hashes, return_inverse=True, return_counts=True)
    found: NDArray[np.int64] = counts[inverse]
    return found


def _sum(hashes: Sequence[Hashes]) -> Hashes:
    """Combine the columns' hashes, modulo 2^64, so that any of them can be taken out again."""
    total = np.zeros_like(hashes[0])
    for column in hashes:
        total = total + column
    return total


def _column_hashes(column: ColumnValues, place: int, *, rounded: bool = False) -> Hashes:
    values = column.values
    if column.numbers is not None:
        values = column.numbers + 0.0
        unit = float(np.nanstd(values)) * _ROUNDED_TO
        if rounded and unit > 0.0 and len(column.counts) > _MEASURED_VALUES:
            values = np.rint(values / unit)
    # An odd factor per column, so that equal values of two columns do not cancel out.
    return _hashed(values) * np.uint64(2 * place + 1)


def _hashed(values: NDArray[np.generic]) -> Hashes:
    return np.asarray(pd.util.hash_array(values), dtype=np.uint64)
