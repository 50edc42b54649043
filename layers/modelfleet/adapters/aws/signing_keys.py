"""Signing keys for prediction IDs from Secrets Manager, without an SDK."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from modelfleet.adapters.aws.aws_json import AwsJsonClient
from modelfleet.spec.errors import CallError, UnavailableError

# A snapshot, and a container that is never idle, must not outlive two rotations.
REFRESH_SECONDS = 3600.0
# Foreign ids must not become calls: so often they may be a reason to look for newer keys.
PATIENCE_SECONDS = 60.0
START_SECONDS = 8.0
# Two tries are made within that time.
ANSWER_SECONDS = START_SECONDS / 2
# The labels that Secrets Manager moves when a secret is given a new value.
_CURRENT, _PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"
_ABSENT = "ResourceNotFoundException"

Made = TypeVar("Made")


class FixedKeys:
    """`SigningKeys` that are given, for where there is no Secrets Manager."""

    # What the settings put before a key, so that no ARN is taken for one.
    MARK = "key:"

    def __init__(self, *keys: bytes) -> None:
        self._keys = keys

    def prime(self, meanwhile: Callable[[], Made]) -> Made:
        """Do what is to be done meanwhile: there is nothing to read."""
        return meanwhile()

    def newest(self) -> bytes:
        """The first."""
        return self._keys[0]

    def known(self) -> Sequence[bytes]:
        """All of them."""
        return self._keys

    def read_again(self) -> Sequence[bytes]:
        """All of them."""
        return self._keys


class SecretKeys:
    """`SigningKeys` in a secret: its current value signs, and the one before is still accepted.

    Parameters
    ----------
    client
        Calls Secrets Manager.
    secret
        The secret's ARN.
    clock
        Seconds of wall time; a monotonic clock may stand still in a snapshot.
    """

    def __init__(
        self, client: AwsJsonClient, secret: str, clock: Callable[[], float] = time.time
    ) -> None:
        self._client = client
        self._secret = secret
        self._clock = clock
        self._keys: tuple[bytes, ...] = ()
        self._read_at = 0.0
        self._read_all_at = 0.0
        self._under_way: threading.Thread | None = None

    def prime(self, meanwhile: Callable[[], Made]) -> Made:
        """Read the key that signs while something else is made; without it, no start fails."""
        thread = self._begin()
        made = meanwhile()
        thread.join(START_SECONDS)
        return made

    def newest(self) -> bytes:
        """The key that signs; see `SigningKeys.newest`."""
        return self.known()[0]

    def known(self) -> Sequence[bytes]:
        """The keys as they were read; see `SigningKeys.known`."""
        known = self._keys
        if not known:
            self._read_first()
            return self._keys
        if not 0 <= self._clock() - self._read_at < REFRESH_SECONDS:
            # Nobody waits for it: the key that is known is still accepted by everybody.
            self._begin()
        return known

    def read_again(self) -> Sequence[bytes]:
        """The keys as they are now, looked up at most once a minute."""
        if not 0 <= self._clock() - self._read_all_at < PATIENCE_SECONDS:
            self._read_all_at = self._clock()
            self._read((_CURRENT, _PREVIOUS))
        return self._keys

    def _read_first(self) -> None:
        """Read the key that a prediction waits for, with more patience than a refresh has.

        Under load an answer may be late: what a start has begun is waited for, and there are two
        tries, within the time that a start has.
        """
        thread = self._begin()
        thread.join(START_SECONDS)
        if not self._keys:
            self._read((_CURRENT,))

    def _begin(self) -> threading.Thread:
        thread = self._under_way
        if thread is None or not thread.is_alive():
            # Both labels, where there is time: ids of before a rotation need no look-up then.
            labels = (_CURRENT, _PREVIOUS) if self._keys else (_CURRENT,)
            thread = self._under_way = threading.Thread(
                target=self._try_to_read, args=(labels,), name="signing keys", daemon=True
            )
            thread.start()
        return thread

    def _try_to_read(self, labels: Sequence[str]) -> None:
        try:
            self._read(labels)
        except UnavailableError:
            # A caller that needs a key and has none tries again and gets the error.
            self._read_at = self._clock() - REFRESH_SECONDS + PATIENCE_SECONDS

    def _read(self, labels: Sequence[str]) -> None:
        found = [key for label in labels if (key := self._value(label)) is not None]
        if not found:
            raise UnavailableError(
                "The signing key for prediction IDs does not exist yet; try again."
            )
        self._keys = tuple(dict.fromkeys(found))
        self._read_at = self._clock()

    def _value(self, label: str) -> bytes | None:
        asked = {"SecretId": self._secret, "VersionStage": label}
        try:
            answer: Any = self._client.call("GetSecretValue", asked)
            return str(answer["SecretString"]).encode()
        except CallError as error:
            if label == _PREVIOUS and _ABSENT in str(error):
                return None
            raise UnavailableError(
                "The signing key for prediction IDs cannot be read; try again."
            ) from error
