"""Encryption of sensitive values in log lines: AES-256-GCM (NIST SP 800-38D)."""

from __future__ import annotations

import hmac
import json
import os
from base64 import b64decode
from binascii import b2a_base64
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from modelfleet.spec.errors import CaptureError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from modelfleet.captures.sealed import Unsealed
    from modelfleet.outcomes.prediction_ids import SigningKeys

_PURPOSE = "modelfleet sealed values 1"
_NONCE_BYTES = 12
_NONCES = 1 << (8 * _NONCE_BYTES)
# The day at the start of a prediction ID.
_DAY_LENGTH = 8


class ValueSealer:
    """A `Sealer` whose key is derived from the stage's secret, for each model and day.

    Parameters
    ----------
    keys
        The stage's secret keys; the newest seals.
    to_json
        Serializes values to JSON.
    """

    def __init__(self, keys: SigningKeys, to_json: Callable[[Any], bytes]) -> None:
        self._keys = keys
        self._to_json = to_json
        self._cipher: tuple[tuple[bytes, str, str], AESGCM] | None = None

    def seal(self, model: str, rows: Sequence[Unsealed]) -> Sequence[str]:
        """Encrypt the values of each row; see `Sealer.seal`.

        A request draws one random nonce and counts its rows from there, because a draw costs more
        than the encryption of a few values.
        """
        if not rows:
            return []
        cipher = self._current(model, rows[0].prediction_id[:_DAY_LENGTH])
        first = int.from_bytes(os.urandom(_NONCE_BYTES))
        sealed = []
        for place, (prediction_id, values) in enumerate(rows):
            nonce = ((first + place) % _NONCES).to_bytes(_NONCE_BYTES)
            content = cipher.encrypt(nonce, self._to_json(values), prediction_id.encode())
            sealed.append(b2a_base64(nonce + content, newline=False).decode())
        return sealed

    def _current(self, model: str, day: str) -> AESGCM:
        named = (self._keys.newest(), model, day)
        known = self._cipher
        if known is None or known[0] != named:
            known = self._cipher = (named, _cipher(*named))
        return known[1]


class ValueOpener:
    """An `Opener` with the keys that are derived from the stage's current and previous secret.

    Parameters
    ----------
    keys
        The stage's secret keys.
    """

    def __init__(self, keys: SigningKeys) -> None:
        self._keys = keys

    def open(self, model: str, prediction_id: str, sealed: object) -> Mapping[str, Any]:
        """Decrypt the values; see `Opener.open`."""
        try:
            content = b64decode(str(sealed), validate=True)
        except ValueError as error:
            raise CaptureError("sealed values are not base64") from error
        known = self._keys.known()
        # They may be sealed with a key newer than the known ones.
        found = self._opened(known, model, prediction_id, content)
        if found is None:
            others = [key for key in self._keys.read_again() if key not in known]
            found = self._opened(others, model, prediction_id, content)
        if found is None:
            raise CaptureError("no known key sealed these values for this prediction")
        return found

    def _opened(
        self, secrets: Sequence[bytes], model: str, prediction_id: str, content: bytes
    ) -> Mapping[str, Any] | None:
        for secret in secrets:
            cipher = _cipher(secret, model, prediction_id[:_DAY_LENGTH])
            found = _opened(cipher, prediction_id, content)
            if found is not None:
                return found
        return None


def _opened(cipher: AESGCM, prediction_id: str, content: bytes) -> Mapping[str, Any] | None:
    try:
        found = json.loads(
            cipher.decrypt(content[:_NONCE_BYTES], content[_NONCE_BYTES:], prediction_id.encode())
        )
    # A text that is too short has no valid nonce.
    except (InvalidTag, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _cipher(secret: bytes, model: str, day: str) -> AESGCM:
    """Return the cipher of a model's day.

    With random nonces, a key may encrypt 2^32 texts (SP 800-38D, section 8.3), hence one for each
    model and day. The key is one block of HKDF-Expand with SHA-256 (RFC 5869, section 2.3).
    """
    info = "\n".join((_PURPOSE, model, day)).encode()
    return AESGCM(hmac.digest(secret, info + b"\x01", "sha256"))
