"""Signed prediction IDs, verified without a lookup."""

import hmac
import os
import re
from base64 import b32encode
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Protocol

from modelfleet.spec.errors import UnknownPredictionError

# 80 random bits: among a billion requests of one day two are alike in 1 of 2 million days. Both
# numbers are multiples of five, so that base 32 needs no padding and each has one spelling.
_RANDOM_BYTES = 10
_SIGNATURE_BYTES = 15
_PURPOSE = "modelfleet prediction id 1"
_FORM = re.compile(
    r"(?P<signed>(?P<day>[0-9]{8})-(?P<random>[a-z2-7]{16}))-(?P<signature>[a-z2-7]{24})"
    r"-(?P<count>[1-9][0-9]{0,5})-(?P<index>0|[1-9][0-9]{0,5})",
    re.ASCII,
)


class SigningKeys(Protocol):
    """The secret keys that prediction ids are signed with."""

    def newest(self) -> bytes:
        """The key that signs.

        Raises
        ------
        UnavailableError
            If none could be read.
        """
        ...

    def known(self) -> Sequence[bytes]:
        """The keys whose signatures are accepted, the newest first, as far as they are known.

        Raises
        ------
        UnavailableError
            If none could be read.
        """
        ...

    def read_again(self) -> Sequence[bytes]:
        """The same, but newer ones are looked for first, unless that was done just now.

        Raises
        ------
        UnavailableError
            If none could be read.
        """
        ...


class PredictionIds:
    """Makes the ids of one model's predictions, and tells them from everything else.

    An id is `day-random-signature-count-index`: the day of UTC on which it was made, what is the
    request's own, how many rows that had, and which of them this is. The signature is HMAC-SHA256
    (RFC 2104), cut to 120 bits, over all of it but the index, and over the model and the client,
    which it does not show. So a request costs one signature however many rows it has, and an id
    says on its own whether it was made by this model for this client, and when.

    Parameters
    ----------
    model
        The model's name.
    keys
        The keys that sign; the newest signs, and all of them are accepted.
    """

    def __init__(self, model: str, keys: SigningKeys) -> None:
        self._model = model
        self._keys = keys

    def make(self, count: int, client: str, at: datetime) -> Sequence[str]:
        """Make the ids of one request's predictions, in the order of its rows.

        Parameters
        ----------
        count
            How many rows there are.
        client
            Whom they are made for.
        at
            When they are made.

        Raises
        ------
        UnavailableError
            If no key could be read.
        """
        if not count:
            return []
        # The operating system is asked each time: a seed from before a snapshot would repeat in
        # every environment that is restored from it.
        signed = f"{at.astimezone(UTC):%Y%m%d}-{_base32(os.urandom(_RANDOM_BYTES))}"
        signature = self._signature(self._keys.newest(), signed, str(count), client)
        prefix = f"{signed}-{signature}-{count}-"
        return [f"{prefix}{index}" for index in range(count)]

    def day_of(self, prediction_id: str, client: str) -> date:
        """Tell on which day of UTC a prediction was made, from its id alone.

        Parameters
        ----------
        prediction_id
            Anything that somebody takes for one.
        client
            Who asks.

        Raises
        ------
        UnknownPredictionError
            If this model never made it for this client.
        UnavailableError
            If no key could be read.
        """
        parts = _FORM.fullmatch(prediction_id)
        if parts is None or int(parts["index"]) >= int(parts["count"]):
            raise UnknownPredictionError
        known = self._keys.known()
        if not self._is_signed(parts, client, known):
            # Its key may be newer than those that were read.
            others = [key for key in self._keys.read_again() if key not in known]
            if not self._is_signed(parts, client, others):
                raise UnknownPredictionError
        return datetime.strptime(parts["day"], "%Y%m%d").date()

    def _is_signed(self, parts: re.Match[str], client: str, keys: Sequence[bytes]) -> bool:
        made = [self._signature(key, parts["signed"], parts["count"], client) for key in keys]
        return any(hmac.compare_digest(each, parts["signature"]) for each in made)

    def _signature(self, key: bytes, signed: str, count: str, client: str) -> str:
        # The client comes last: no other part can hold a line break.
        text = "\n".join((_PURPOSE, self._model, signed, count, client))
        return _base32(hmac.digest(key, text.encode(), "sha256")[:_SIGNATURE_BYTES])


def _base32(content: bytes) -> str:
    return b32encode(content).decode().lower()
