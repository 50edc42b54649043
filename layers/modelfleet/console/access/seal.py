"""Values that a browser keeps for the console: signed, not encrypted, and valid for a time."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from itsdangerous import BadData, BadSignature, SignatureExpired, TimestampSigner
from itsdangerous.url_safe import URLSafeTimedSerializer

from modelfleet.outcomes.prediction_ids import SigningKeys


class Purpose(StrEnum):
    """What a value is for; one that was signed for another purpose is not valid."""

    SESSION = "console session 1"
    SIGN_IN = "console sign-in 1"
    LINK = "console link 1"
    FORM = "console form 1"


class Seals:
    """Signs values and verifies them.

    Parameters
    ----------
    keys
        The signing keys; the newest signs, and all of them are accepted.
    now
        Returns the current time in UTC.
    """

    def __init__(self, keys: SigningKeys, now: Callable[[], datetime]) -> None:
        self._keys = keys
        self._now = now

    @property
    def now(self) -> datetime:
        """The current time, without fractions of a second, as in signed values."""
        return self._now().replace(microsecond=0)

    def seal(self, purpose: Purpose, content: object) -> str:
        """Return signed JSON with the current time."""
        return str(self._serializer(purpose, [self._keys.newest()]).dumps(content))

    def open(self, purpose: Purpose, value: str, lasts: timedelta) -> tuple[Any, datetime] | None:
        """Return the content of a value and when it was signed; `None` if it is not valid.

        A value that no known key has signed is verified again with the keys as they are now.
        """
        try:
            return self._loaded(purpose, value, lasts, self._keys.known())
        except SignatureExpired:
            return None
        except BadSignature:
            keys = self._keys.read_again()
        except BadData:
            return None
        try:
            return self._loaded(purpose, value, lasts, keys)
        except BadData:
            return None

    def _loaded(
        self, purpose: Purpose, value: str, lasts: timedelta, keys: Sequence[bytes]
    ) -> tuple[Any, datetime]:
        serializer = self._serializer(purpose, [*reversed(keys)])
        loaded: tuple[Any, datetime] = serializer.loads(
            value, max_age=int(lasts.total_seconds()), return_timestamp=True
        )
        return loaded

    def _serializer(self, purpose: Purpose, keys: list[bytes]) -> URLSafeTimedSerializer:
        now = self._now

        class Signer(TimestampSigner):
            def get_timestamp(self) -> int:
                return int(now().timestamp())

        return URLSafeTimedSerializer(
            # The last one signs.
            keys,
            salt=purpose.value,
            signer=Signer,
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )
