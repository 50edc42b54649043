"""Canonical bytes of many rows at once, column by column.

They equal those of `manifest.canonical`, so versions and sides are those of rows encoded one by
one, as in all versions stored so far.
"""

import hashlib
import json
from collections.abc import Collection, Iterator
from typing import Any

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
_COMMA, _BRACE = ord(","), ord("}")


def row_bytes(rows: Rows, names: Collection[str] | None = None) -> Any:
    """Encode rows as an Arrow array of `large_binary`, length n.

    Parameters
    ----------
    rows
        The rows.
    names
        Columns to encode; by default all, and the provenance of rows that have one.
    """
    blocks = [*_blocks(rows, names)]
    return pa.concat_arrays(blocks) if blocks else pa.array([], pa.large_binary())


def named(rows: Rows) -> tuple[str, NDArray[np.int64]]:
    """Return the SHA-256 of rows regardless of their order, and the order of their bytes.

    The hash equals `manifest.fingerprint` of the rows' canonical bytes.
    """
    encoded = row_bytes(rows)
    order: NDArray[np.int64] = pc.sort_indices(encoded).to_numpy().astype(np.int64)
    digest = hashlib.sha256()
    for start in range(0, len(rows), _BLOCK_ROWS):
        block = encoded.take(pa.array(order[start : start + _BLOCK_ROWS]))
        digest.update(b"\n".join(block.to_pylist()) + b"\n")
    return digest.hexdigest(), order


def each_bytes(rows: Rows, names: Collection[str] | None = None) -> Iterator[bytes]:
    """Yield each element of `row_bytes`, without all of them in memory."""
    for block in _blocks(rows, names):
        yield from block.to_pylist()


def _blocks(rows: Rows, names: Collection[str] | None) -> Iterator[Any]:
    for start in range(0, len(rows), _BLOCK_ROWS):
        places = np.arange(start, min(start + _BLOCK_ROWS, len(rows)))
        yield _encoded(rows.take(places), names)


def _encoded(rows: Rows, names: Collection[str] | None) -> Any:
    chosen = sorted(name for name in rows.columns if names is None or name in names)
    if not chosen:
        return pa.array([b"{}"] * len(rows), pa.large_binary())
    pieces: list[Any] = []
    for number, name in enumerate(chosen):
        end = _BRACE if number == len(chosen) - 1 else _COMMA
        start = "{" if number == 0 else ""
        pieces += [pa.scalar(f"{start}{json.dumps(name)}:".encode(), pa.large_binary())]
        pieces += [_values(rows.columns[name], end)]
    joined = pc.binary_join_element_wise(*pieces, pa.scalar(b"", pa.large_binary()))
    if names is not None or rows.provenance is None:
        return joined
    # Rows with a provenance have more columns, whose values are different in each.
    aside = np.flatnonzero([each is not None for each in rows.provenance])
    mask = np.zeros(len(rows), dtype=np.bool_)
    mask[aside] = True
    whole = [canonical(row) for row in rows.take(aside)]
    return pc.replace_with_mask(joined, pa.array(mask), pa.array(whole, pa.large_binary()))


def _values(column: Values, end: int) -> Any:
    """Encode a column's values, each followed by a character."""
    if isinstance(column, Texts):
        names = [json.dumps(name).encode() + bytes([end]) for name in column.names.tolist()]
        names.append(b"null" + bytes([end]))
        codes = np.where(column.codes < 0, len(names) - 1, column.codes)
        return pa.array(names, pa.large_binary()).take(pa.array(codes))
    values = column.to_list()
    if column.whole or _is_alike(column):
        return _split(to_json(values), end)
    texts = ["null" if value is None else repr(value) for value in values]
    return pa.array([text.encode() + bytes([end]) for text in texts], pa.large_binary())


def _is_alike(column: Numbers) -> bool:
    sizes = np.abs(column.array)
    return bool(
        np.all((sizes == 0) | np.isnan(sizes) | ((sizes >= _SMALLEST) & (sizes < _LARGEST)))
    )


def _split(array: bytes, end: int) -> Any:
    """Return the elements of a JSON array of numbers, each with the character after it."""
    content = np.frombuffer(array, dtype=np.uint8)[1:].copy()
    ends = np.flatnonzero(content == _COMMA)
    content[ends] = end
    content[-1] = end
    offsets = np.concatenate(([0], ends + 1, [content.size])).astype(np.int64)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(content)]
    return pa.Array.from_buffers(pa.large_binary(), offsets.size - 1, buffers)
