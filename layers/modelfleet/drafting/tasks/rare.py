"""Rare classes of a target: merged into one class, or left out."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from modelfleet.drafting import limits
from modelfleet.spec.tasks.kind import spelling

Handling = Literal["merge", "drop"]

_TWO = 2
_OTHER = "other"


@dataclass(frozen=True)
class Classes:
    """Rows per class after rare classes are merged or left out, and which ones were."""

    counts: Counter[str]
    merge: dict[str, tuple[str, ...]]
    exclude: tuple[str, ...] = ()


def settle_rare(counts: Counter[str], handling: Handling) -> Classes:
    """Merge classes that have too few rows for a split into one, or leave them out.

    If even the merged class has too few rows, they are left out. Nothing is done to two classes, or
    if fewer than two classes would remain.

    Parameters
    ----------
    counts
        Number of rows of each class.
    handling
        The user's choice.
    """
    least = limits.class_rows_minimum(len(counts))
    rare = tuple(sorted(name for name, count in counts.items() if count < least))
    frequent = Counter({name: count for name, count in counts.items() if name not in rare})
    merged = sum(counts[name] for name in rare)
    is_merged = handling == "merge" and len(rare) >= _TWO and merged >= least
    if len(counts) <= _TWO or not rare or len(frequent) + is_merged < _TWO:
        return Classes(counts, {})
    if not is_merged:
        return Classes(frequent, {}, rare)
    other = _free_name(counts)
    return Classes(frequent + Counter({other: merged}), {other: rare})


def _free_name(taken: Collection[str]) -> str:
    """Return a name for the merged class that no class of the table has."""
    spelled = set(map(spelling, taken))
    names = (_OTHER, *(f"{_OTHER} {number}" for number in range(_TWO, len(spelled) + _TWO + 1)))
    return next(name for name in names if name not in spelled)
