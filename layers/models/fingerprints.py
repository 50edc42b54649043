"""Knows a table's rows again without knowing them, so that a generator draws none of them."""

import hashlib
import json
import math
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from textwrap import wrap
from typing import Any

import numpy as np
from numpy.typing import NDArray

_WIDTH = 88


class Fingerprints:
    """One bit for each value that a row's hash can have, set where a row of the table has it.

    A Bloom filter (Bloom 1970) with one hash, and so small that a third to a half of the rows that
    the table never had seem to be in it as well. A bit that is set proves of nobody that a row is
    theirs; one that is not says what the generator shows anyway by drawing the row. There is no
    salt: it would help nobody against trying, and two filters of one table with different salts
    would tell more than one.

    Parameters
    ----------
    bits
        A power of two of them, or none, which is the filter that knows no row.
    """

    def __init__(self, bits: bytes = b"") -> None:
        self._bits = np.unpackbits(np.frombuffer(bits, dtype=np.uint8)).astype(np.bool_)

    @classmethod
    def of(cls, rows: Sequence[Sequence[Any]]) -> "Fingerprints":
        """Of rows, each with its values in the same order; `None` where one is missing."""
        if not rows:
            return cls()
        # About half of the bits are set at rows / log 2 of them; a power of two has every size
        # divide the next, so that filters of two states of a table tell no more than one.
        bits = np.zeros(2 ** max(3, math.ceil(math.log2(len(rows) / math.log(2)))), dtype=np.bool_)
        bits[_places(rows, bits.size)] = True
        return cls(np.packbits(bits).tobytes())

    @classmethod
    def read(cls, text: str) -> "Fingerprints":
        """As they stand in a source file: base64, in any lines."""
        return cls(b64decode(text))

    def lines(self) -> list[str]:
        """As a source file has them."""
        return wrap(b64encode(np.packbits(self._bits).tobytes()).decode(), _WIDTH)

    def among(self, rows: Sequence[Sequence[Any]]) -> NDArray[np.bool_]:
        """Which rows are the table's, or seem so; shape (rows,)."""
        if not self._bits.size:
            return np.zeros(len(rows), dtype=np.bool_)
        found: NDArray[np.bool_] = self._bits[_places(rows, self._bits.size)]
        return found


def _places(rows: Iterable[Sequence[Any]], size: int) -> NDArray[np.int64]:
    hashes = (hashlib.blake2b(_spelled(row), digest_size=8).digest() for row in rows)
    return np.array([int.from_bytes(each) % size for each in hashes], dtype=np.int64)


def _spelled(row: Sequence[Any]) -> bytes:
    """One spelling for 7 and 7.0, and for 0.0 and -0.0."""
    plain = [value if value is None or isinstance(value, str) else value + 0.0 for value in row]
    return json.dumps(plain).encode()
