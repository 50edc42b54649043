"""What is wrong with settings, one sentence for each."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic_core import ErrorDetails

from cdk.settings.schema import Setting, declared, unknown

_UNKNOWN = "unexpected_keyword_argument"
_MISSING = "missing"
_LONGEST_VALUE = 60


def problems(errors: Sequence[ErrorDetails], known: Mapping[str, Setting]) -> Iterator[str]:
    """Yield a sentence for each of Pydantic's errors.

    Parameters
    ----------
    errors
        Errors of the dataclass that `known` belongs to.
    known
        Its settings by path.
    """
    for error in errors:
        path = path_of(error)
        match error["type"]:
            case t if t == _UNKNOWN:
                yield f"{path}: {unknown(path, known)}"
            case t if t == _MISSING:
                yield f"{path}: missing; {known[declared(path, known)].documentation}"
            case _:
                setting = known[declared(path, known)]
                yield f"{path}: {_shown(error['input'])} is not valid; give {setting.expected}"


def path_of(error: ErrorDetails) -> str:
    """Return the path of the setting that an error is about, without positions in lists."""
    return ".".join(part for part in error["loc"] if isinstance(part, str) and part != "[key]")


def _shown(value: Any) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
