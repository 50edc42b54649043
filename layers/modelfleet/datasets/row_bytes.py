"""Canonical bytes of many rows at once, column by column.

They equal those of `manifest.canonical`, so versions and sides are those of rows encoded one by
one, as in all versions stored so far.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic_core import to_json

from modelfleet.datasets.manifest import canonical
from modelfleet.tables.rows import Numbers, Rows, Texts, Values

_BLOCK_ROWS = 50_000
# Between these, and for 0, pydantic and Python write a float alike.
_SMALLEST, _LARGEST = 1e-4, 1e16
_COMMA, _COLON = ord(","), ord(":")
_END = b"\n"
Digests = NDArray[np.uint64]


class Keyed(NamedTuple):
    """Columns whose bytes are hashed, and the hash of many rows' bytes, shape (n,)."""

    names: Collection[str]
    digests: Callable[[Iterable[bytes]], Digests]


class Named(NamedTuple):
    """SHA-256 of rows regardless of their order, the order of their bytes, and their digests."""

    sha256: str
    order: NDArray[np.int64]
    digests: Digests | None


def named(rows: Rows, keyed: Keyed | None = None) -> Named:
    """Name rows by their content; hash some of their columns in the same pass, if wanted.

    The hash equals `manifest.fingerprint` of the rows' canonical bytes.
    """
    encoded, digests = [], []
    for block in _blocks(rows):
        values = _encoded(block)
        lines = _joined(block, values, [*values], _END)
        encoded.append(_with_provenance(block, lines, _END))
        if keyed is not None:
            digests.append(keyed.digests(_joined(block, values, keyed.names).to_pylist()))
    if not encoded:
        return Named(hashlib.sha256().hexdigest(), np.array([], np.int64), None)
    lines = pa.concat_arrays(encoded)
    order: NDArray[np.int64] = pc.sort_indices(lines).to_numpy().astype(np.int64)
    digest = hashlib.sha256()
    for start in range(0, len(rows), _BLOCK_ROWS):
        digest.update(_content(lines.take(pa.array(order[start : start + _BLOCK_ROWS]))))
    return Named(digest.hexdigest(), order, np.concatenate(digests) if digests else None)


def each_bytes(rows: Rows, names: Collection[str] | None = None) -> Iterator[bytes]:
    """Yield the canonical bytes of each row, without all of them in memory.

    Parameters
    ----------
    rows
        The rows.
    names
        Columns to encode; by default all, and the provenance of rows that have one.
    """
    for block in _blocks(rows):
        values = _encoded(block, names)
        joined = _joined(block, values, [*values])
        yield from (_with_provenance(block, joined) if names is None else joined).to_pylist()


def _blocks(rows: Rows) -> Iterator[Rows]:
    for start in range(0, len(rows), _BLOCK_ROWS):
        yield rows.take(np.arange(start, min(start + _BLOCK_ROWS, len(rows))))


def _encoded(rows: Rows, names: Collection[str] | None = None) -> dict[str, Any]:
    """Encode the values of each column, by name in the order of canonical rows."""
    chosen = sorted(name for name in rows.columns if names is None or name in names)
    return {name: _values(rows.columns[name]) for name in chosen}


def _joined(rows: Rows, values: Mapping[str, Any], names: Collection[str], end: bytes = b"") -> Any:
    """Join encoded values to rows, each followed by `end`."""
    chosen = [name for name in values if name in names]
    if not chosen:
        return pa.array([b"{}" + end] * len(rows), pa.large_binary())
    pieces: list[Any] = []
    for number, name in enumerate(chosen):
        start = "," if number else "{"
        pieces += [pa.scalar(f"{start}{json.dumps(name)}".encode(), pa.large_binary())]
        pieces += [values[name]]
    pieces.append(pa.scalar(b"}" + end, pa.large_binary()))
    return pc.binary_join_element_wise(*pieces, pa.scalar(b"", pa.large_binary()))


def _with_provenance(rows: Rows, lines: Any, end: bytes = b"") -> Any:
    """Replace the bytes of rows with a provenance, whose columns are different in each."""
    if rows.provenance is None:
        return lines
    aside = np.flatnonzero([each is not None for each in rows.provenance])
    mask = np.zeros(len(rows), dtype=np.bool_)
    mask[aside] = True
    whole = [canonical(row) + end for row in rows.take(aside)]
    return pc.replace_with_mask(lines, pa.array(mask), pa.array(whole, pa.large_binary()))


def _content(lines: Any) -> memoryview:
    """Return the bytes of all elements of an Arrow array, one after the other."""
    _, offsets, content = lines.buffers()
    places = np.frombuffer(offsets, dtype=np.int64)[lines.offset : lines.offset + len(lines) + 1]
    return memoryview(content)[places[0] : places[-1]]


def _values(column: Values) -> Any:
    """Encode a column's values, each with a colon before it."""
    if isinstance(column, Texts):
        names = [f":{json.dumps(name)}".encode() for name in column.names.tolist()]
        names.append(b":null")
        codes = np.where(column.codes < 0, len(names) - 1, column.codes)
        return pa.array(names, pa.large_binary()).take(pa.array(codes))
    values = column.to_list()
    if column.whole or _is_alike(column):
        return _split(to_json(values))
    texts = ["null" if value is None else repr(value) for value in values]
    return pa.array([f":{text}".encode() for text in texts], pa.large_binary())


def _is_alike(column: Numbers) -> bool:
    sizes = np.abs(column.array)
    return bool(
        np.all((sizes == 0) | np.isnan(sizes) | ((sizes >= _SMALLEST) & (sizes < _LARGEST)))
    )


def _split(array: bytes) -> Any:
    """Return the elements of a JSON array of numbers, each with a colon before it."""
    content = np.frombuffer(array, dtype=np.uint8)[:-1].copy()
    starts = np.concatenate(([0], np.flatnonzero(content == _COMMA)))
    content[starts] = _COLON
    offsets = np.append(starts, content.size).astype(np.int64)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(content)]
    return pa.Array.from_buffers(pa.large_binary(), offsets.size - 1, buffers)
