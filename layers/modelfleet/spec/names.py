"""Identifiers, and column names made safe for registries and CloudWatch.

A column or a class may be called anything, also `a//b`, `..`, or as another one but for a sign that
is not allowed. What the name of a metric, a parameter or a dimension is made of goes through here.
"""

import hashlib
import re

from modelfleet.spec.errors import IdentifierError

# MLflow allows these in the name of a metric or a parameter, and object stores in a key. A slash
# or a full stop would divide the name.
_NOT_ALLOWED = re.compile(r"[^\w -]")
_MARKED = re.compile(r"-[0-9a-f]{8}$")
_PART_LENGTH = 80
# PutMetricData takes 1,024 characters; people and other monitoring do not.
_DIMENSION_LENGTH = 255

_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_SHOWN = 40


def quoted(value: object) -> str:
    """What somebody sent, for a message: the start of a text, quoted and in ASCII, or its type."""
    if not isinstance(value, str):
        return f"a value of type {type(value).__name__}"
    return ascii(value[:_SHOWN]) + ("..." if len(value) > _SHOWN else "")


def is_identifier(text: str) -> bool:
    """Whether a text is one step of a path and leads nowhere else."""
    return _IDENTIFIER.fullmatch(text) is not None and ".." not in text


def require_identifier(kind: str, text: str) -> str:
    """Answer the text if it may name something.

    Raises
    ------
    IdentifierError
        If it may not; one line that shows the text without its control characters.
    """
    if not is_identifier(text):
        raise IdentifierError(
            f"{quoted(text)} is not the name of a {kind}: names are of letters, digits, dots, "
            "dashes and underscores"
        )
    return text


def name_part(text: str) -> str:
    """A name as one part of another one, between slashes or full stops.

    Most names stay as they are. The others get a mark, so that no two become one: eight digits of a
    checksum.
    """
    kept = _NOT_ALLOWED.sub("_", text[:_PART_LENGTH]).strip()
    return text if kept == text and kept and not _MARKED.search(text) else f"{kept}{_mark(text)}"


def dimension_value(text: str) -> str:
    r"""A name as CloudWatch takes it: ASCII without control characters, and not too long.

    Everything else, and the backslash, is spelled as in Python: `\xfc`.

    CloudWatch API reference, "Dimension".
    """
    spelled = text.encode("unicode_escape").decode("ascii")
    if len(spelled) > _DIMENSION_LENGTH:
        return f"{spelled[: _DIMENSION_LENGTH - len(_mark(text))]}{_mark(text)}"
    return spelled


def _mark(text: str) -> str:
    return f"-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
