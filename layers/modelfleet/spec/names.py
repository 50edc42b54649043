"""Identifiers, and column names made safe for registries and CloudWatch.

Columns and classes can have any name, including `a//b`, `..`, or names that differ only in a
disallowed character. All names of metrics, parameters, and dimensions are built here.
"""

import hashlib
import re

from modelfleet.spec.errors import IdentifierError

# Matches characters that MLflow does not allow in metric and parameter names, or object stores in
# keys, and also slashes and dots, which separate the parts of a name.
_NOT_ALLOWED = re.compile(r"[^\w -]")
_MARKED = re.compile(r"-[0-9a-f]{8}$")
_PART_LENGTH = 80
# PutMetricData accepts 1,024 characters, but long values are hard to read and other monitoring
# systems limit them.
_DIMENSION_LENGTH = 255

_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_SHOWN = 40


def quoted(value: object) -> str:
    """Quote the start of received text in ASCII, or name the value's type, for use in a message."""
    if not isinstance(value, str):
        return f"a value of type {type(value).__name__}"
    return ascii(value[:_SHOWN]) + ("..." if len(value) > _SHOWN else "")


def is_identifier(text: str) -> bool:
    """Return whether a text is a single path segment that cannot escape its folder."""
    return _IDENTIFIER.fullmatch(text) is not None and ".." not in text


def require_identifier(kind: str, text: str) -> str:
    """Return the text if it is a valid identifier.

    Raises
    ------
    IdentifierError
        If it is not; the message quotes the text on one line, with control characters escaped.
    """
    if not is_identifier(text):
        raise IdentifierError(
            f"{quoted(text)} is not a valid {kind}: use letters, digits, dots, dashes, and "
            "underscores"
        )
    return text


def name_part(text: str) -> str:
    """Make a name safe as one part of a longer name, between slashes or dots.

    Most names are unchanged. The others get a suffix of eight checksum digits, so that different
    names stay different.
    """
    kept = _NOT_ALLOWED.sub("_", text[:_PART_LENGTH]).strip()
    return text if kept == text and kept and not _MARKED.search(text) else f"{kept}{_mark(text)}"


def dimension_value(text: str) -> str:
    r"""Make a name valid for CloudWatch: ASCII, no control characters, limited length.

    All other characters, and backslashes, are escaped as in Python: `\xfc`.
    CloudWatch API reference, "Dimension".
    """
    spelled = text.encode("unicode_escape").decode("ascii")
    if len(spelled) > _DIMENSION_LENGTH:
        return f"{spelled[: _DIMENSION_LENGTH - len(_mark(text))]}{_mark(text)}"
    return spelled


def _mark(text: str) -> str:
    return f"-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
