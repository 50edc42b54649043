"""Rows parsed from lines of JSON Lines or the elements of a JSON array."""

import json
import re
from collections.abc import Iterator
from typing import Any

from modelfleet.spec.errors import TableError
from modelfleet.tables.files.records import LONGEST_RECORD

_BLANK = re.compile(r"[ \t\r\n]*")
_DEEP = "it is nested too deeply"
_TWICE = "it holds a field more than once"


class _Twice:
    """Placeholder for an object with a duplicate field, whose value is ambiguous."""


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


def json_array(text: str) -> Iterator[tuple[int, dict[str, Any] | None, str | None]]:
    """Yield the line on which each element of an array starts, and the object or its fault.

    Invalid JSON ends the iteration with a single fault for the rest of the text.

    Raises
    ------
    TableError
        If the text is not an array.
    """
    decoder = json.JSONDecoder(object_pairs_hook=_object)
    position, line, counted = _skip(text, 0), 1, 0
    if not text.startswith("[", position):
        raise TableError("it is not an array of JSON objects")
    position = _skip(text, position + 1)
    while not text.startswith("]", position):
        line += text.count("\n", counted, position)
        counted = position
        try:
            found, position = decoder.raw_decode(text, position)
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
