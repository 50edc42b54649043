"""A model's columns of a file, with line numbers and the format of each column."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from modelfleet.spec.errors import DatasetError, TableError
from modelfleet.spec.features import Column, ColumnKind
from modelfleet.spec.model import ModelSpec
from modelfleet.tables.columns.arrow_cells import filled
from modelfleet.tables.columns.formats import (
    ColumnReader,
    Expected,
    Kind,
    RawColumn,
    find_formats,
)
from modelfleet.tables.files.records import RejectedRow
from modelfleet.tables.names import did_you_mean, match_names, repeated
from modelfleet.tables.reader import Cells, read_cells
from modelfleet.tables.table_format import (
    AS_FOUND,
    ColumnFormat,
    Example,
    FileKind,
    ReadOptions,
    TableFormat,
    kind_of,
)
from modelfleet.tables.validate import validate_features

_KINDS = {ColumnKind.CATEGORY: Kind.TEXT, ColumnKind.DATE: Kind.DATE}
_EXAMPLES = 3
_SHOWN = 40
_LOOKED_AT = 5_000


@dataclass(frozen=True)
class Table:
    """Columns of a file that the model declares.

    Attributes
    ----------
    source
        Name of the file.
    lines
        Line of each row in the file, counted from 1; length n.
    columns
        Values of each feature, the target, and the time, `None` if missing; length n each. Numeric
        columns hold text that `float` accepts and dates text in ISO 8601, or typed values if the
        file has types.
    malformed
        Rows that cannot be read, or have the wrong number of fields.
    unused
        Columns that the spec does not mention.
    groups
        Group of each row as in the file, `None` if missing; empty if the model declares no group.
        Only a keyed hash of it is stored.
    afterwards
        Text of each column in the file that the spec declares as known afterwards; length n each.
        It is only compared with the features, and never stored.
    sha256
        Hash of the file's bytes.
    format
        How the file and each of these columns was read.
    examples
        Some cells of each column before and after parsing; none of columns with personal data.
    """

    source: str
    lines: tuple[int, ...]
    columns: dict[str, Sequence[Any]]
    malformed: tuple[RejectedRow, ...]
    unused: tuple[str, ...]
    groups: Sequence[Any]
    afterwards: dict[str, Sequence[Any]]
    sha256: str
    format: TableFormat
    examples: dict[str, tuple[Example, ...]]


def read_table(spec: ModelSpec, path: Path, options: ReadOptions = AS_FOUND) -> Table:
    """Read the columns of a model from a file of any supported format.

    Identifiers and other unused columns of the spec are optional and not kept. Column names match
    regardless of case and surrounding blanks.

    Raises
    ------
    DatasetError
        If the file cannot be read, has no rows, lacks a feature, the target, the time, or the
        group, or has a column that can be read in two ways. The message is one line that names the
        file and, if applicable, the column.
    """
    found: dict[str, int] = {}
    required = (*spec.data_columns, *_group(spec))

    def choose(header: Sequence[str]) -> Sequence[int]:
        found.update(
            require_columns(header, required, _may_be_absent(spec, path), known_names(spec))
        )
        found.update(match_names(header, spec.known_afterwards))
        return list(found.values())

    cells = read_cells(
        path, options, known=known_names(spec), choose=choose, is_row=row_test(spec, options)
    )
    raw: dict[str, Sequence[Any]] = dict(zip(found, cells.columns, strict=True))
    for name in spec.data_columns:
        raw.setdefault(name, (None,) * len(cells.lines))
    if spec.target.blank is not None:
        raw[spec.target.column] = filled(raw[spec.target.column], spec.target.blank)
    aside = (*_group(spec), *spec.known_afterwards)
    expected = expectations(spec) | dict.fromkeys(aside, Expected(Kind.TEXT))
    try:
        formats = _formats(raw, expected, cells, options)
    except TableError as error:
        raise DatasetError(f"{path.name}: {error}") from error
    values = {name: ColumnReader(formats[name], expected[name]).read_all(raw[name]) for name in raw}
    personal = {column.name for column in spec.features.columns() if column.personal_data}
    names = spec.data_columns
    return Table(
        source=cells.source,
        lines=cells.lines,
        columns={name: values[name] for name in names},
        malformed=cells.malformed,
        unused=unused_columns(spec, cells.header),
        groups=values[spec.group] if spec.group is not None else [],
        afterwards={name: values[name] for name in spec.known_afterwards if name in values},
        sha256=cells.sha256,
        format=cells.format.model_copy(update={"columns": tuple(formats[n] for n in names)}),
        examples={
            n: () if n in personal else _examples(raw[n], values[n], expected[n]) for n in names
        },
    )


def _group(spec: ModelSpec) -> tuple[str, ...]:
    return () if spec.group is None else (spec.group,)


def _may_be_absent(spec: ModelSpec, path: Path) -> Collection[str]:
    """Return the nullable features of a JSON file, where programs omit fields without a value."""
    if kind_of(path.name) not in (FileKind.JSON, FileKind.JSONL):
        return ()
    return [column.name for column in spec.features.columns() if column.nullable]


def _formats(
    raw: Mapping[str, Sequence[Any]],
    expected: Mapping[str, Expected],
    cells: Cells,
    options: ReadOptions,
) -> dict[str, ColumnFormat]:
    columns = [RawColumn(name, texts, expected[name]) for name, texts in raw.items()]
    return {each.name: each for each in find_formats(columns, cells.format, options)}


def expectations(spec: ModelSpec) -> dict[str, Expected]:
    """Return what the model declares about the format of its columns."""
    found = {column.name: _expected(column) for column in spec.features.columns()}
    numeric = spec.task.kind.numeric_text
    found[spec.target.column] = Expected(
        Kind.NUMBER if numeric else Kind.TEXT,
        values=spec.target.spellings,
        unit=spec.target.unit,
        minimum=spec.target.minimum,
        maximum=spec.target.maximum,
    )
    if spec.time is not None:
        found[spec.time.column] = Expected(Kind.DATE, dates=spec.time.format)
    return found


def _expected(column: Column) -> Expected:
    return Expected(
        _KINDS.get(column.kind, Kind.NUMBER),
        values=(*column.categories, *column.value_words),
        missing=column.missing_words,
        unit=column.unit,
        minimum=column.minimum,
        maximum=column.maximum,
        dates=column.date.format if column.date else None,
    )


def known_names(spec: ModelSpec) -> tuple[str, ...]:
    """Return all column names that the spec mentions, used or not."""
    aside = (*spec.identifiers, *spec.known_afterwards, *spec.ignored)
    return tuple(dict.fromkeys((*spec.data_columns, *_group(spec), *aside)))


def row_test(
    spec: ModelSpec, options: ReadOptions = AS_FOUND, stored: TableFormat | None = None
) -> Callable[[Sequence[str], Sequence[str]], bool]:
    """Return a function that tells whether the cells of a line are a valid row of the model."""
    expected = expectations(spec)
    blank = [RawColumn(name, (), expected[name]) for name in spec.feature_names]
    found = find_formats(blank, TableFormat(), options, stored)
    readers = {each.name: ColumnReader(each, expected[each.name]) for each in found}

    def is_row(header: Sequence[str], cells: Sequence[str]) -> bool:
        places = match_names(header, spec.feature_names)
        values = {name: readers[name].read(cells[place]) for name, place in places.items()}
        return not validate_features(spec.features, values)[1]

    return is_row


def require_columns(
    header: Sequence[str],
    names: Sequence[str],
    optional: Collection[str] = (),
    others: Collection[str] = (),
) -> dict[str, int]:
    """Return the position of each column in a header; optional ones may be absent.

    `others` are known columns that are not read, and never suggested for a missing one.

    Raises
    ------
    TableError
        If a column is missing or duplicated; the message suggests the closest name.
    """
    found = match_names(header, names)
    if twice := repeated(header, [name for name in names if name not in found]):
        raise TableError(f"{_columns(twice)} there more than once")
    if absent := [name for name in names if name not in found and name not in optional]:
        known = {*found.values(), *match_names(header, others).values()}
        unclaimed = [each for n, each in enumerate(header) if each and n not in known]
        raise TableError(f"{_columns(absent)} missing{did_you_mean(absent[0], unclaimed)}")
    return {name: found[name] for name in names if name in found}


def unused_columns(spec: ModelSpec, header: Sequence[str]) -> tuple[str, ...]:
    """Return the columns of a file that the spec does not mention."""
    places = set(match_names(header, known_names(spec)).values())
    aside = {*known_names(spec)}
    return tuple(
        name or "(unnamed)"
        for place, name in enumerate(header)
        if place not in places and name not in aside
    )


def _columns(names: Sequence[str]) -> str:
    return f"column {names[0]} is" if len(names) == 1 else f"columns {', '.join(names)} are"


def _examples(raw: Sequence[Any], values: Iterable[Any], expected: Expected) -> tuple[Example, ...]:
    """Return distinct first cells, those changed by parsing first.

    Values that the model refuses are never shown: they may be personal data in the wrong column.
    """
    pairs: dict[Example, None] = {}
    declared = {value.casefold() for value in expected.values}
    for cell, value in islice(zip(raw, values, strict=True), _LOOKED_AT):
        if cell is None or cell == "" or not _may_be_shown(value, expected.kind, declared):
            continue
        pairs.setdefault((_shown(cell), _shown(value)))
        if len(pairs) >= 10 * _EXAMPLES:
            break
    return tuple(sorted(pairs, key=lambda pair: pair[0] == pair[1])[:_EXAMPLES])


def _may_be_shown(value: Any, kind: Kind, declared: Collection[str]) -> bool:
    if value is None:
        return True
    if kind is Kind.NUMBER:
        return not isinstance(value, str) or _is_number(value)
    return not declared or str(value).casefold() in declared


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _shown(value: Any) -> str:
    text = "missing" if value is None else str(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
