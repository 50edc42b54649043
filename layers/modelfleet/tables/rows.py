"""Validated rows, stored as one array per column."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, overload

import numpy as np
from numpy.typing import NDArray

from modelfleet.spec.features import GROUP, PROVENANCE, ColumnKind
from modelfleet.spec.model import ModelSpec

Row = dict[str, Any]
"""Features and target of one example: int, float, str, or `None` if the value is missing.

The target is 0.0 or 1.0, a number, or the name of a class of a multiclass target. The time is a
sortable text, if the model declares one. `GROUP` has the keyed hash of the group, if the model
declares one. Rows that are not from a file also record their origin under `ORIGIN`,
`PREDICTION_ID`, and `CLIENT`.
"""

MISSING = -1
_INT64 = 2.0**63
# Rows are built in blocks, so that iterating over a table needs no second copy of it.
_BLOCK_ROWS = 10_000


@dataclass(frozen=True, eq=False)
class Numbers:
    """A numeric column: float64, shape (n,), NaN if missing.

    `whole` columns are integers in rows; as in the stored file, those beyond 2**53 are rounded.
    """

    array: NDArray[np.float64]
    whole: bool = False

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.array.size

    def take(self, chosen: NDArray[Any]) -> "Numbers":
        """Return the rows at indices, or where a mask is true."""
        return Numbers(self.array[chosen], self.whole)

    def to_list(self) -> list[Any]:
        """Return the values as in rows."""
        missing = np.isnan(self.array)
        array = np.where(missing, 0.0, self.array)
        known: list[Any]
        if not self.whole:
            known = array.tolist()
        elif np.all(np.abs(array) < _INT64):
            known = array.astype(np.int64).tolist()
        else:
            known = list(map(int, array.tolist()))
        if not missing.any():
            return known
        return [None if gap else v for v, gap in zip(known, missing.tolist(), strict=True)]

    def joined(self, other: "Numbers") -> "Numbers":
        """Return these rows followed by those of the same column elsewhere."""
        return Numbers(np.concatenate((self.array, other.array)), self.whole)


@dataclass(frozen=True, eq=False)
class Texts:
    """A text column: indices into its distinct values, int32, shape (n,), -1 if missing."""

    codes: NDArray[np.int32]
    names: NDArray[np.object_]

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.codes.size

    @classmethod
    def of(cls, values: Sequence[str | None]) -> Self:
        """Return the column of these values."""
        places: dict[str, int] = {}
        codes = [
            MISSING if value is None else places.setdefault(value, len(places)) for value in values
        ]
        return cls(np.array(codes, dtype=np.int32), np.array([*places], dtype=object))

    def take(self, chosen: NDArray[Any]) -> "Texts":
        """Return the rows at indices, or where a mask is true."""
        return Texts(self.codes[chosen], self.names)

    def objects(self) -> NDArray[np.object_]:
        """Return the values as objects with `None`, shape (n,)."""
        found: NDArray[np.object_] = np.append(self.names, _objects([None]))[self.codes]
        return found

    def to_list(self) -> list[Any]:
        """Return the values as in rows."""
        values: list[Any] = self.objects().tolist()
        return values

    def joined(self, other: "Texts") -> "Texts":
        """Return these rows followed by those of the same column elsewhere."""
        names = np.append(self.names, other.names)
        shifted = np.where(other.codes == MISSING, MISSING, other.codes + self.names.size)
        return Texts(np.concatenate((self.codes, shifted.astype(np.int32))), names)


Values = Numbers | Texts


@dataclass(frozen=True, eq=False)
class Rows(Sequence[Row]):
    """Validated rows as columns of equal length n; an item is built as a `Row` when asked for.

    Attributes
    ----------
    columns
        Features in declaration order, the target, and the time and `GROUP` if declared.
    provenance
        The provenance columns of each row that is not from a file, shape (n,), objects with `None`;
        `None` if all rows are from files.
    """

    columns: Mapping[str, Values]
    provenance: NDArray[np.object_] | None = None

    @classmethod
    def of(cls, spec: ModelSpec, rows: Sequence[Row]) -> "Rows":
        """Return rows as columns.

        Parameters
        ----------
        spec
            The model.
        rows
            Validated rows, or rows in this form already. They may lack the time and the group.
        """
        if isinstance(rows, Rows):
            return rows
        apart = spec.time_apart
        time = apart.column if apart and rows and apart.column not in rows[0] else None
        columns = {
            name: _column(kind, [row.get(name) if name == GROUP else row[name] for row in rows])
            for name, kind in kinds(spec).items()
            if name != time
        }
        aside = [{n: row[n] for n in PROVENANCE if n in row} or None for row in rows]
        return cls(columns, _objects(aside) if any(aside) else None)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(next(iter(self.columns.values())))

    @overload
    def __getitem__(self, index: int) -> Row: ...

    @overload
    def __getitem__(self, index: slice) -> "Rows": ...

    def __getitem__(self, index: int | slice) -> "Row | Rows":
        """Return one row, or a range of rows."""
        if isinstance(index, slice):
            return self.take(np.arange(len(self))[index])
        place = range(len(self))[index]
        return next(iter(self.take(np.array([place]))))

    def __iter__(self) -> Iterator[Row]:
        """Yield each row."""
        for start in range(0, len(self), _BLOCK_ROWS):
            block = np.arange(start, min(start + _BLOCK_ROWS, len(self)))
            names = list(self.columns)
            values = [column.take(block).to_list() for column in self.columns.values()]
            aside = [None] * block.size if self.provenance is None else self.provenance[block]
            for row, more in zip(zip(*values, strict=True), aside, strict=True):
                found = dict(zip(names, row, strict=True))
                yield found if more is None else found | more

    def __eq__(self, other: object) -> bool:
        """Return whether another sequence has equal rows in the same order."""
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(
            one == two for one, two in zip(self, other, strict=True)
        )

    __hash__ = None  # type: ignore[assignment]  # as for any sequence compared by its items

    def take(self, chosen: NDArray[Any]) -> "Rows":
        """Return the rows at indices, or where a mask is true."""
        columns = {name: column.take(chosen) for name, column in self.columns.items()}
        return Rows(columns, None if self.provenance is None else self.provenance[chosen])

    def joined(self, other: "Rows") -> "Rows":
        """Return these rows followed by others of the same model."""
        columns = {
            name: column.joined(other.columns[name])  # type: ignore[arg-type]  # of the same kind
            for name, column in self.columns.items()
        }
        if self.provenance is None and other.provenance is None:
            return Rows(columns)
        return Rows(columns, np.concatenate((self.origins, other.origins)))

    @property
    def origins(self) -> NDArray[np.object_]:
        """The provenance columns of each row, shape (n,); `None` for rows from files."""
        if self.provenance is None:
            return np.full(len(self), None, dtype=object)
        return self.provenance

    def recorded(self, name: str) -> NDArray[np.object_]:
        """Return one provenance column, shape (n,); `None` where a row lacks it."""
        if self.provenance is None:
            return self.origins
        return _objects([None if each is None else each.get(name) for each in self.provenance])


def values_of(rows: Sequence[Row], name: str) -> list[Any]:
    """Return one column of rows."""
    if isinstance(rows, Rows):
        return rows.columns[name].to_list()
    return [row[name] for row in rows]


def where(rows: Sequence[Row], chosen: NDArray[np.bool_]) -> Sequence[Row]:
    """Return the rows where a mask is true, shape (n,)."""
    if isinstance(rows, Rows):
        return rows.take(chosen)
    return [row for row, is_chosen in zip(rows, chosen.tolist(), strict=True) if is_chosen]


def kinds(spec: ModelSpec) -> dict[str, ColumnKind]:
    """Return the kind of each column's values in validated rows; time and group are text."""
    found = {column.name: column.kind for column in spec.features.columns()}
    found[spec.target.column] = ColumnKind.CATEGORY if spec.classes else ColumnKind.NUMBER
    time = () if spec.time_apart is None else (spec.time_apart.column,)
    group = () if spec.group is None else (GROUP,)
    return found | dict.fromkeys((*time, *group), ColumnKind.CATEGORY)


def _column(kind: ColumnKind, values: Sequence[Any]) -> Values:
    if not kind.is_numeric:
        return Texts.of(values)
    return Numbers(np.array(values, dtype=np.float64), whole=kind is ColumnKind.INTEGER)


def _objects(values: Sequence[Any]) -> NDArray[np.object_]:
    found: NDArray[np.object_] = np.empty(len(values), dtype=object)
    found[:] = values
    return found
