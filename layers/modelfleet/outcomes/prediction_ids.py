"""Signed prediction IDs, verified without a lookup."""

import hmac
import os
import re
from base64 import b32encode
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Protocol

from modelfleet.spec.errors import UnknownPredictionError

# 80 random bits: with a billion requests a day, two IDs collide on 1 of 2 million days. Both sizes
# are multiples of five bytes, so that base 32 needs no padding and the encoding is unique.
_RANDOM_BYTES = 10
_SIGNATURE_BYTES = 15
_PURPOSE = "modelfleet prediction id 1"
_FORM = re.compile(
    r"(?P<signed>(?P<day>[0-9]{8})-(?P<random>[a-z2-7]{16}))-(?P<signature>[a-z2-7]{24})"
    r"-(?P<count>[1-9][0-9]{0,5})-(?P<index>0|[1-9][0-9]{0,5})",
    re.ASCII,
)


def day_in(text: str) -> date | None:
    """Return the day that a prediction ID states, unverified; `None` if it has another form."""
    parts = _FORM.fullmatch(text)
    try:
        return datetime.strptime(parts["day"], "%Y%m%d").date() if parts else None
    except ValueError:
        return None


class SigningKeys(Protocol):
    """Secret keys that sign prediction IDs."""

    def newest(self) -> bytes:
        """Return the key that signs new IDs.

        Raises
        ------
        UnavailableError
            If none could be read.
        """
        ...

    def known(self) -> Sequence[bytes]:
        """Return the accepted keys that are known so far, newest first.

        Raises
        ------
        UnavailableError
            If none could be read.
        """
        ...

    def read_again(self) -> Sequence[bytes]:
        """Return the accepted keys after checking for newer ones, unless just checked.

        Raises
        ------
        UnavailableError
            If none could be read.
        """
        ...


class PredictionIds:
    """Makes and verifies the IDs of a model's predictions.

    An ID is `day-random-signature-count-index`: the UTC day of the request, its random part, the
    signature, the number of its rows, and the index of the row. The signature is HMAC-SHA256
    (RFC 2104), truncated to 120 bits, over all parts but the index, and over the model and the
    client, which the ID does not contain. A request needs one signature for any number of rows, and
    an ID proves without a lookup that this model made it for this client, and on which day.

    Parameters
    ----------
    model
        The model's name.
    keys
        The signing keys; the newest signs, and all of them are accepted.
    """

    def __init__(self, model: str, keys: SigningKeys) -> None:
        self._model = model
        self._keys = keys

    def make(self, count: int, client: str, at: datetime) -> Sequence[str]:
        """Make the IDs of one request's predictions, in the order of its rows.

        Parameters
        ----------
        count
            Number of rows.
        client
            The client that requests the predictions.
        at
            Time of the request.

        Raises
        ------
        UnavailableError
            If no key could be read.
        """
        if not count:
            return []
        # Use the operating system's randomness: a seed from before a snapshot would repeat in every
        # environment restored from it.
        signed = f"{at.astimezone(UTC):%Y%m%d}-{_base32(os.urandom(_RANDOM_BYTES))}"
        signature = self._signature(self._keys.newest(), signed, str(count), client)
        prefix = f"{signed}-{signature}-{count}-"
        return [f"{prefix}{index}" for index in range(count)]

    def day_of(self, prediction_id: str, client: str) -> date:
        """Verify a prediction ID, and return the UTC day of the prediction.

        Parameters
        ----------
        prediction_id
            The ID to verify; any text.
        client
            The client that sent the ID.

        Raises
        ------
        UnknownPredictionError
            If this model never made the ID for this client.
        UnavailableError
            If no key could be read.
        """
        parts = _FORM.fullmatch(prediction_id)
        if parts is None or int(parts["index"]) >= int(parts["count"]):
            raise UnknownPredictionError
        known = self._keys.known()
        if not self._is_signed(parts, client, known):
            # The ID may be signed with a key newer than the known ones.
            others = [key for key in self._keys.read_again() if key not in known]
            if not self._is_signed(parts, client, others):
                raise UnknownPredictionError
        return datetime.strptime(parts["day"], "%Y%m%d").date()

    def _is_signed(self, parts: re.Match[str], client: str, keys: Sequence[bytes]) -> bool:
        made = [self._signature(key, parts["signed"], parts["count"], client) for key in keys]
        return any(hmac.compare_digest(each, parts["signature"]) for each in made)

    def _signature(self, key: bytes, signed: str, count: str, client: str) -> str:
        # The client comes last, because no other part can contain a line break.
        text = "\n".join((_PURPOSE, self._model, signed, count, client))
        return _base32(hmac.digest(key, text.encode(), "sha256")[:_SIGNATURE_BYTES])


def _base32(content: bytes) -> str:
    return b32encode(content).decode().lower()
