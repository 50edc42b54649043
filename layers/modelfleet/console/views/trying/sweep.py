"""The values that a column takes in "what if"."""

from collections.abc import Sequence

from modelfleet.console.views.trying.form import Row
from modelfleet.spec.features import Column, ColumnKind
from modelfleet.statistics.reference_profile import CategoryProfile, NumberProfile, ReferenceProfile

_VALUES = 25
_CATEGORIES = 20


def can_change(column: Column) -> bool:
    """Whether a column can be swept: dates cannot."""
    return column.kind is not ColumnKind.DATE


def swept_values(
    column: Column, row: Row, profile: ReferenceProfile | None
) -> Sequence[str | int | float]:
    """Return the values to try, ascending or most frequent first.

    Numbers range over the values of the training rows, because declared ranges are often far wider;
    without a profile, over the declared range.

    Parameters
    ----------
    column
        The column.
    row
        The row, whose own value is among the categories.
    profile
        Profile of the training rows.
    """
    known = profile.columns.get(column.name) if profile else None
    if not column.kind.is_numeric:
        return _names(column, row, known if isinstance(known, CategoryProfile) else None)
    low, high = column.minimum, column.maximum
    if isinstance(known, NumberProfile) and known.minimum is not None:
        low, high = known.minimum, known.maximum
    if low is None or high is None:
        return ()
    return _numbers(low, high, whole=column.kind is ColumnKind.INTEGER)


def _names(column: Column, row: Row, profile: CategoryProfile | None) -> Sequence[str]:
    names = list(column.categories)
    if not names and profile:
        names = sorted(profile.shares, key=lambda name: -profile.shares[name])
    own = row.get(column.name)
    return list(dict.fromkeys([*names[:_CATEGORIES], *([str(own)] if own is not None else [])]))


def _numbers(low: float, high: float, *, whole: bool) -> Sequence[int | float]:
    steps = _VALUES - 1
    values = [low * (1 - number / steps) + high * (number / steps) for number in range(_VALUES)]
    if whole:
        return sorted({min(max(round(value), int(low)), int(high)) for value in values})
    return sorted(set(values))
