"""Which values of a row the log may contain."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from modelfleet.spec.features import Column

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Privacy:
    """Names of a model's columns that are never recorded, and of those that no log may show."""

    personal: frozenset[str] = frozenset()
    sensitive: frozenset[str] = frozenset()

    @classmethod
    def of(cls, columns: Sequence[Column]) -> Privacy:
        """Return what the columns declare."""
        return cls(
            frozenset(column.name for column in columns if column.personal_data),
            frozenset(column.name for column in columns if column.sensitive),
        )

    @property
    def unlogged(self) -> frozenset[str]:
        """Columns whose values no log may show."""
        return self.personal | self.sensitive

    def split(self, row: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """Return the values that a log may show, and those to record in encrypted form."""
        if not self.personal and not self.sensitive:
            return row, _NOTHING
        # A copy without some keys takes a fifth of the time of a new dictionary of the others.
        shown = dict(row)
        for name in self.personal:
            shown.pop(name, None)
        return shown, {name: shown.pop(name) for name in self.sensitive if name in shown}
