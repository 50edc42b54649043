"""Comparison of two data set versions: rows, classes, and the distribution of each column."""

from collections import Counter

from modelfleet.datasets.column_bars import bars_of, drift
from modelfleet.datasets.data_report import Bar
from modelfleet.datasets.row_bytes import each_bytes
from modelfleet.datasets.store import DatasetStore
from modelfleet.spec.document import Frozen
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.reference_profile import CategoryProfile, NumberProfile
from modelfleet.tables.arrays import data_arrays, describe
from modelfleet.tables.rows import Rows, values_of


class ColumnDifference(Frozen, extra="ignore"):
    """One column in both versions; `psi` is the drift between them."""

    name: str
    psi: float | None
    before: NumberProfile | CategoryProfile
    after: NumberProfile | CategoryProfile
    bars: tuple[Bar, ...]


class DatasetDifference(Frozen, extra="ignore"):
    """Difference between two versions. Duplicate rows are counted separately.

    `class_shares` are the shares of positives before and after, `None` unless the task is binary.
    """

    model: str
    before: str
    after: str
    rows_before: int
    rows_after: int
    rows_added: int
    rows_removed: int
    rows_kept: int
    class_shares: tuple[float, float] | None
    columns: tuple[ColumnDifference, ...]


def compare_datasets(store: DatasetStore, before: str, after: str) -> DatasetDifference:
    """Compare two versions under the current schema.

    Parameters
    ----------
    store
        The model's versions.
    before, after
        Names of the versions, or unique prefixes.

    Returns
    -------
    DatasetDifference
        Difference with columns in descending order of drift.

    Raises
    ------
    DatasetError
        If a version does not exist, or lacks a column that the model now requires.
    """
    names = store.require(before), store.require(after)
    old, new = (store.rows(name).accepted for name in names)
    then, now = (Counter(each_bytes(rows)) for rows in (old, new))
    kept = (then & now).total()
    return DatasetDifference(
        model=store.spec.name,
        before=names[0],
        after=names[1],
        rows_before=len(old),
        rows_after=len(new),
        rows_added=len(new) - kept,
        rows_removed=len(old) - kept,
        rows_kept=kept,
        class_shares=_class_shares(store.spec, old, new),
        columns=_columns(store.spec, old, new),
    )


def _class_shares(spec: ModelSpec, old: Rows, new: Rows) -> tuple[float, float] | None:
    before, after = (
        spec.task.kind.positive_share(values_of(rows, spec.target.column)) for rows in (old, new)
    )
    return None if before is None or after is None else (before, after)


def _columns(spec: ModelSpec, old: Rows, new: Rows) -> tuple[ColumnDifference, ...]:
    then, now = data_arrays(spec, old), data_arrays(spec, new)
    pairs = [(name, then.columns[name], now.columns[name]) for name in then.columns]
    found = []
    for name, before, after in [*pairs, (spec.target.column, then.target, now.target)]:
        profile, profile_after = describe(before), describe(after)
        difference = ColumnDifference(
            name=name,
            psi=drift(profile, after, profile_after),
            before=profile,
            after=profile_after,
            bars=bars_of(profile, after, profile_after),
        )
        found.append(difference)
    return tuple(sorted(found, key=lambda difference: -(difference.psi or 0.0)))
