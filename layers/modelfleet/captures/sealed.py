"""Ports that keep the values of sensitive columns unreadable in the log."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

# Key of the log line; records of the lake do not have it.
SEALED = "sealed"


class Unsealed(NamedTuple):
    """Sensitive values of one prediction, by column."""

    prediction_id: str
    values: Mapping[str, Any]


class Sealer(Protocol):
    """Encrypts sensitive values, in the predict function."""

    def seal(self, model: str, rows: Sequence[Unsealed]) -> Sequence[str]:
        """Return one ASCII text per row, which `Opener.open` turns into the values again.

        Raises
        ------
        UnavailableError
            If no key could be read.
        """
        ...


class Opener(Protocol):
    """Decrypts sensitive values, in the captures function."""

    def open(self, model: str, prediction_id: str, sealed: object) -> Mapping[str, Any]:
        """Return the values that were sealed for this prediction of this model.

        Raises
        ------
        CaptureError
            If no known key sealed it for this prediction.
        UnavailableError
            If no key could be read.
        """
        ...
