"""Parses a line of JSON Lines into a row."""

import json
from typing import Any

from modelfleet.tables.records import LONGEST_RECORD


class _TwiceError(ValueError):
    """An object names a field more than once, and nobody knows which of them is meant."""


def json_object(line: bytes) -> tuple[dict[str, Any] | None, str | None]:
    """The object that a line holds, or what is wrong with the line."""
    if len(line) > LONGEST_RECORD:
        return None, f"it is longer than {LONGEST_RECORD:,} bytes"
    try:
        found = json.loads(line.decode(), object_pairs_hook=_object)
    except UnicodeDecodeError:
        return None, "it is not encoded in UTF-8"
    except RecursionError:
        return None, "it is nested too deeply"
    except _TwiceError:
        return None, "it holds a field more than once"
    except ValueError:
        return None, "it is not valid JSON"
    return (found, None) if isinstance(found, dict) else (None, "it is not a JSON object")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _TwiceError
    return found
