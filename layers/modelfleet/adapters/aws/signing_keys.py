"""Signing keys for prediction IDs from Secrets Manager, without an SDK."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from modelfleet.adapters.aws.aws_json import SECRETS, AwsJsonClient
from modelfleet.spec.errors import CallError, UnavailableError

# Keys in a snapshot or in a busy container must not become two rotations old.
REFRESH_SECONDS = 3600.0
# Minimum interval between lookups caused by unknown IDs, so that forged IDs do not become calls.
PATIENCE_SECONDS = 60.0
START_SECONDS = 8.0
# Allows two attempts within the time of a start.
ANSWER_SECONDS = START_SECONDS / 2
# Secrets Manager moves these labels when a secret gets a new value.
_CURRENT, _PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"
_ABSENT = "ResourceNotFoundException"

Made = TypeVar("Made")


class FixedKeys:
    """`SigningKeys` with constant values, for environments without Secrets Manager."""

    # Prefix of a key in the settings, which distinguishes it from an ARN.
    MARK = "key:"

    def __init__(self, *keys: bytes) -> None:
        self._keys = keys

    def prime(self, meanwhile: Callable[[], Made]) -> Made:
        """Call `meanwhile`; there is nothing to read."""
        return meanwhile()

    def newest(self) -> bytes:
        """Return the first key."""
        return self._keys[0]

    def known(self) -> Sequence[bytes]:
        """Return all keys."""
        return self._keys

    def read_again(self) -> Sequence[bytes]:
        """Return all keys."""
        return self._keys


class SecretKeys:
    """`SigningKeys` in a secret: its current value signs, and the previous one is still accepted.

    Parameters
    ----------
    client
        Client of Secrets Manager.
    secret
        ARN of the secret.
    clock
        Wall clock in seconds; a monotonic clock may stop in a snapshot.
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
        """Read the signing key while `meanwhile` runs; a read failure does not fail the start."""
        thread = self._begin()
        made = meanwhile()
        thread.join(START_SECONDS)
        return made

    def newest(self) -> bytes:
        """Return the signing key; see `SigningKeys.newest`."""
        return self.known()[0]

    def known(self) -> Sequence[bytes]:
        """Return the keys last read; see `SigningKeys.known`."""
        known = self._keys
        if not known:
            self._read_first()
            return self._keys
        if not 0 <= self._clock() - self._read_at < REFRESH_SECONDS:
            # In the background: the known key remains valid everywhere for now.
            self._begin()
        return known

    def read_again(self) -> Sequence[bytes]:
        """Return the current keys, read at most once a minute."""
        if not 0 <= self._clock() - self._read_all_at < PATIENCE_SECONDS:
            self._read_all_at = self._clock()
            self._read((_CURRENT, _PREVIOUS))
        return self._keys

    def _read_first(self) -> None:
        """Read the key that a prediction is waiting for, with a longer timeout than a refresh.

        Under load, a response may be late: wait for the read that is under way, then try once more,
        within the time of a start.
        """
        thread = self._begin()
        thread.join(START_SECONDS)
        if not self._keys:
            self._read((_CURRENT,))

    def _begin(self) -> threading.Thread:
        thread = self._under_way
        if thread is None or not thread.is_alive():
            # A refresh reads both labels, so that IDs from before a rotation need no lookup.
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
            # A caller without a key reads again and gets the error.
            self._read_at = self._clock() - REFRESH_SECONDS + PATIENCE_SECONDS

    def _read(self, labels: Sequence[str]) -> None:
        keys = [key for label in labels if (key := self._value(label)) is not None]
        if not keys:
            raise UnavailableError(
                "The signing key for prediction IDs does not exist yet; try again."
            )
        self._keys = tuple(dict.fromkeys(keys))
        self._read_at = self._clock()

    def _value(self, label: str) -> bytes | None:
        parameters = {"SecretId": self._secret, "VersionStage": label}
        try:
            answer: Any = self._client.call("GetSecretValue", parameters)
            return str(answer["SecretString"]).encode()
        except CallError as error:
            if label == _PREVIOUS and _ABSENT in str(error):
                return None
            raise UnavailableError(
                "The signing key for prediction IDs cannot be read; try again."
            ) from error


def named_keys(named: str, environment: Mapping[str, str]) -> SecretKeys | FixedKeys:
    """Return the keys that a setting names: the ARN of a secret, or the key itself after `key:`."""
    if named.startswith(FixedKeys.MARK):
        return FixedKeys(named.removeprefix(FixedKeys.MARK).encode())
    return SecretKeys(AwsJsonClient(SECRETS, environment, timeout_seconds=ANSWER_SECONDS), named)
