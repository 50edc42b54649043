"""Read a stored object, so that what is wrong with it names it and says what to do."""

from collections.abc import Callable
from typing import TypeVar

from modelfleet.spec.errors import ModelfleetError
from modelfleet.storage import keys

Document = TypeVar("Document")


def parsed(
    key: str, content: bytes, parse: Callable[[bytes], Document], remedy: str | None = None
) -> Document:
    """Parse the content of an object of the artifacts bucket.

    Raises
    ------
    ModelfleetError
        As `parse` raises it, with the object's key and what to do.
    """
    try:
        return parse(content)
    except ModelfleetError as error:
        advice = remedy or keys.restore_hint("ARTIFACTS_BUCKET", key)
        raise type(error)(f"{key} cannot be read: {error}; {advice}") from error
