"""Keyed hashes of a team's own IDs, which are never stored themselves."""

import hmac
from base64 import b32encode
from typing import Any

# 120 bits; a multiple of five bytes needs no padding in base 32.
_BYTES = 15


def keyed_hash(purpose: str, model: str, secret: bytes, value: Any) -> str:
    """Return HMAC-SHA256 (RFC 2104) of a value, truncated to 120 bits, in base 32.

    Without the key, nobody can find out which customer a hash stands for by hashing all customer
    numbers. The hash covers the model, so that rows of two models cannot be linked.

    Parameters
    ----------
    purpose
        What is hashed, so that hashes of different things differ.
    model
        The model's name.
    secret
        The stage's secret key.
    value
        Text, or a typed value from a file, which hashes like its spelling in a text file.
    """
    # The value comes last, because no other part can contain a line break.
    text = "\n".join((purpose, model, _spelled(value)))
    digest = hmac.digest(secret, text.encode("utf-8", "surrogatepass"), "sha256")[:_BYTES]
    return b32encode(digest).decode().lower()


def _spelled(value: Any) -> str:
    """Spell a value as a text file would: a file with types has 5.0 where a column has gaps."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()
