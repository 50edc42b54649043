"""What may name a version, a job or an execution, before a key or a path is built of it."""

import re

from modelfleet.spec.errors import IdentifierError

_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_SHOWN = 40


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
        shown = repr(text[:_SHOWN]) + ("…" if len(text) > _SHOWN else "")
        raise IdentifierError(
            f"{shown} is not the name of a {kind}: names are of letters, digits, dots, dashes and "
            "underscores"
        )
    return text
