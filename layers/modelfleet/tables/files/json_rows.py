"""Rows parsed from lines of JSON Lines or the elements of a JSON array."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from modelfleet.spec.errors import TableError
from modelfleet.tables.columns.arrow_cells import of_values
from modelfleet.tables.files.parquet import NO_VALUE
from modelfleet.tables.files.records import LONGEST_RECORD, RejectedRow

_BLANK = re.compile(r"[ \t\r\n]*")
_BLOCK_ROWS = 10_000
# Names of fields, and perhaps texts within values.
_NAME = re.compile(r'"[ \t\r\n]*:')
_DEEP = "it is nested too deeply"
_TWICE = "it holds a field more than once"


class _Twice:
    """Placeholder for an object with a duplicate field, whose value is ambiguous."""


ParsedRow = tuple[int, dict[str, Any] | None, str | None]
"""Line of an object, and the object or its fault."""


@dataclass(frozen=True)
class ObjectBlock:
    """Objects as columns by the name of each field; `lines` are those of the objects, length n."""

    lines: Sequence[int]
    columns: Mapping[str, Sequence[Any]]
    malformed: Sequence[RejectedRow]


def line_blocks(lines: Iterable[bytes]) -> Iterator[ObjectBlock]:
    """Yield the objects of JSON Lines in blocks."""
    numbered = ((number, line) for number, line in enumerate(lines, start=1) if line.strip())
    while block := list(islice(numbered, _BLOCK_ROWS)):
        objects = _objects([line for _, line in block])
        if objects is not None:
            yield _block(
                (number, row, None) for (number, _), row in zip(block, objects, strict=True)
            )
        else:
            yield _block((number, *json_object(line)) for number, line in block)


def array_blocks(text: str) -> Iterator[ObjectBlock]:
    """Yield the objects of a JSON array in blocks.

    Raises
    ------
    TableError
        If the text is not an array.
    """
    rows = json_array(text)
    while block := list(islice(rows, _BLOCK_ROWS)):
        yield _block(block)


def require_rows(lines: Sequence[bytes]) -> None:
    """Refuse a single object that holds a whole table.

    Parameters
    ----------
    lines
        First lines of the file that are not blank.

    Raises
    ------
    TableError
        If the only line is an object of columns, or has a list of rows in a field.
    """
    found = json_object(lines[0])[0] if len(lines) == 1 else None
    if not found:
        return
    for name, value in found.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            raise TableError(f"its rows are in the field {name[:100]}; save this list as a file")
    if all(isinstance(value, list | dict) for value in found.values()):
        raise TableError(
            "it is one object with a list or object per column; save one object per row, as pandas "
            'does with orient="records"'
        )


def _block(rows: Iterable[ParsedRow]) -> ObjectBlock:
    lines, objects = list[int](), list[dict[str, Any]]()
    malformed: list[RejectedRow] = []
    for line, row, fault in rows:
        if row is None:
            malformed.append(RejectedRow(line=line, reasons=(fault or "",)))
        else:
            lines.append(line)
            objects.append(row)
    names = dict.fromkeys(name for row in objects for name in row)
    columns = {name: _column([row.get(name) for row in objects]) for name in names}
    return ObjectBlock(lines, columns, malformed)


def _column(values: list[Any]) -> Sequence[Any]:
    found = of_values(values)
    if found is not values:
        return found
    return [*map(_value, values)]


def _value(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip()
    if value != value:  # noqa: PLR0124  # NaN, which pandas writes for a missing number
        return None
    return value if value is None or isinstance(value, int | float) else NO_VALUE


def _objects(lines: Sequence[bytes]) -> list[dict[str, Any]] | None:
    """Parse lines at once; `None` unless each is certainly one object with distinct fields."""
    parts = [line.strip() for line in lines]
    if not all(
        part.startswith(b"{") and part.endswith(b"}") and len(line) <= LONGEST_RECORD
        for part, line in zip(parts, lines, strict=True)
    ):
        return None
    try:
        text = f"[{b','.join(parts).decode()}]"
        found: list[dict[str, Any]] = json.loads(text)
    except (ValueError, RecursionError):
        return None
    # A field that is there twice, or within another, has a name that is not counted.
    distinct = len(_NAME.findall(text)) == sum(map(len, found))
    return found if distinct and len(found) == len(lines) else None


def json_object(line: bytes) -> tuple[dict[str, Any] | None, str | None]:
    """Return the object on a line, or the reason the line is invalid."""
    if len(line) > LONGEST_RECORD:
        return None, f"it is longer than {LONGEST_RECORD:,} bytes"
    try:
        found = json.loads(line.decode(), object_pairs_hook=_object)
    except UnicodeDecodeError:
        return None, "it is not encoded in UTF-8"
    except RecursionError:
        return None, _DEEP
    except ValueError:
        return None, "it is not valid JSON"
    return _row(found)


def json_array(text: str) -> Iterator[ParsedRow]:
    """Yield the line on which each element of an array starts, and the object or its fault.

    Invalid JSON ends the iteration with a single fault for the rest of the text.

    Raises
    ------
    TableError
        If the text is not an array.
    """
    decoder, strict = json.JSONDecoder(), json.JSONDecoder(object_pairs_hook=_object)
    position, line, counted = _skip(text, 0), 1, 0
    if not text.startswith("[", position):
        raise TableError("it is not an array of JSON objects")
    position = _skip(text, position + 1)
    while not text.startswith("]", position):
        line += text.count("\n", counted, position)
        counted = position
        try:
            found, end = decoder.raw_decode(text, position)
            if not isinstance(found, dict) or len(_NAME.findall(text, position, end)) > len(found):
                found, end = strict.raw_decode(text, position)
            position = end
        except RecursionError:
            yield line, None, _DEEP
            return
        except ValueError:
            yield line, None, "it is not valid JSON, nor is what follows"
            return
        yield (line, *_row(found))
        position = _skip(text, position)
        if text.startswith(",", position):
            position = _skip(text, position + 1)
        elif not text.startswith("]", position):
            yield line, None, "the array is not closed"
            return


def _skip(text: str, position: int) -> int:
    found = _BLANK.match(text, position)
    return found.end() if found else position


def _row(found: Any) -> tuple[dict[str, Any] | None, str | None]:
    if isinstance(found, _Twice):
        return None, _TWICE
    return (found, None) if isinstance(found, dict) else (None, "it is not a JSON object")


def _object(pairs: list[tuple[str, Any]]) -> "dict[str, Any] | _Twice":
    found = dict(pairs)
    return found if len(found) == len(pairs) else _Twice()
