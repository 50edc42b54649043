"""Reads a model's columns from a file, as text, with each row's line number."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from modelfleet.spec.errors import DatasetError
from modelfleet.spec.features import Column, ColumnKind
from modelfleet.spec.model import ModelSpec
from modelfleet.tables.numbers import plain_numbers
from modelfleet.tables.reader import Cells, read_cells
from modelfleet.tables.records import RejectedRow

# Spellings of an absent value, without regard to case; a category or class that is declared under
# one of these names keeps it as its value.
MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "nat", "<na>", "#n/a", "?", "-"})


@dataclass(frozen=True)
class Table:
    """A file's columns that the model knows.

    Attributes
    ----------
    source
        The file's name.
    lines
        Where each row starts in the file, 1 being the header; length n.
    columns
        Text per feature, for the target and the time, `None` where missing; length n each.
    malformed
        Rows that do not have the header's number of fields.
    unused
        Columns that the spec does not mention.
    afterwards
        Text per column that the spec declares as known afterwards, where the file has it; length n
        each. It is there to be compared with and never stored.
    sha256
        Of the file's bytes.
    """

    source: str
    lines: tuple[int, ...]
    columns: dict[str, list[str | None]]
    malformed: tuple[RejectedRow, ...]
    unused: tuple[str, ...]
    afterwards: dict[str, list[str | None]]
    sha256: str


def read_table(spec: ModelSpec, path: Path) -> Table:
    """Read the columns of a model from delimited text of any common kind, or from Parquet.

    Identifiers and other columns that the spec sets aside may be there or not; they are not kept.
    Numbers are spelled as `plain_numbers` does.

    Raises
    ------
    DatasetError
        If the file cannot be read, has no rows, or lacks a feature, the target or the time. One
        line that names the file and, where there is one, the column.
    """
    names = spec.data_columns
    cells = read_cells(path, names)
    positions = _positions(path, cells.header, names)
    missing = {column.name: missing_spellings(column) for column in spec.features.columns()}
    missing[spec.target.column] = _but(spec.target.labels or ())
    texts = {
        name: _values(cells.columns[position], missing.get(name, MISSING))
        for name, position in positions.items()
    }
    return Table(
        source=cells.source,
        lines=cells.lines,
        columns=texts | {name: plain_numbers(texts[name]) for name in _numeric(spec)},
        malformed=cells.malformed,
        unused=_unused(spec, cells.header, names),
        afterwards=_afterwards(spec, cells),
        sha256=cells.sha256,
    )


def _numeric(spec: ModelSpec) -> list[str]:
    """The features that are numbers, and the target where it is one."""
    features = [c.name for c in spec.features.columns() if c.kind is not ColumnKind.CATEGORY]
    return [*features, *([spec.target.column] if spec.task.kind.numeric_text else [])]


def _afterwards(spec: ModelSpec, cells: Cells) -> dict[str, list[str | None]]:
    return {
        name: _values(cells.columns[cells.header.index(name)], MISSING)
        for name in spec.known_afterwards
        if name in cells.header
    }


def _positions(path: Path, header: Sequence[str], names: Sequence[str]) -> dict[str, int]:
    if absent := [name for name in names if name not in header]:
        raise DatasetError(f"{path.name}: {_columns(absent)} missing")
    if twice := [name for name in names if header.count(name) > 1]:
        raise DatasetError(f"{path.name}: {_columns(twice)} there more than once")
    return {name: header.index(name) for name in names}


def _columns(names: Sequence[str]) -> str:
    return f"column {names[0]} is" if len(names) == 1 else f"columns {', '.join(names)} are"


def missing_spellings(column: Column) -> frozenset[str]:
    """How a column's absent values may be spelled, in lower case."""
    return _but(column.categories)


def _but(declared: Iterable[str]) -> frozenset[str]:
    return MISSING - {name.casefold() for name in declared}


def _values(texts: Sequence[str], missing: Collection[str]) -> list[str | None]:
    return [None if text.casefold() in missing else text for text in texts]


def _unused(spec: ModelSpec, header: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    set_aside = {*names, *spec.identifiers, *spec.known_afterwards, *spec.ignored}
    return tuple(name or "(unnamed)" for name in header if name not in set_aside)
