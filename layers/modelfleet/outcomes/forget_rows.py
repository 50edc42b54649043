"""Removes rows about an entity from objects: JSON lines, gzipped or not, and Parquet."""

import gzip
import json
from collections.abc import Callable, Iterator, Mapping, Set
from io import BytesIO
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

_GZIP, _PARQUET = b"\x1f\x8b", b"PAR1"
_ENTITY, _PREDICTION_ID = "entity", "prediction_id"


class Kept(NamedTuple):
    """What is left of an object without some rows: `None` if nothing is, and how many went."""

    content: bytes | None
    removed: int


def predictions_of(content: bytes, entities: Set[str]) -> set[str]:
    """Return the IDs of the predictions about some entities, given by their hashes."""
    if content.startswith(_PARQUET):
        found = _parquet_rows(content, _ENTITY, entities)
        return set() if found is None else {*found[0].filter(found[1])[_PREDICTION_ID].to_pylist()}
    lines = _unpacked(content)
    # Most objects contain none of them, and parsing their lines would take most of the time.
    if not any(each.encode() in lines for each in entities):
        return set()
    entries = (entry for _, entry in _lines(lines) if entry.get(_ENTITY) in entities)
    return {str(entry.get(_PREDICTION_ID)) for entry in entries}


def without_entities(content: bytes, entities: Set[str]) -> Kept:
    """Return the content of captures without those about some entities."""
    return _without(content, _ENTITY, entities, lambda lines: _mentions(lines, entities))


def without_predictions(content: bytes, prediction_ids: Set[str]) -> Kept:
    """Return the content of outcomes without those of some predictions."""
    return _without(content, _PREDICTION_ID, prediction_ids, lambda _: True)


def _without(
    content: bytes, column: str, values: Set[str], may_contain: Callable[[bytes], bool]
) -> Kept:
    if content.startswith(_PARQUET):
        return _without_in_parquet(content, column, values)
    lines = _unpacked(content)
    if not may_contain(lines):
        return Kept(content, 0)
    kept, removed, rows = [], 0, 0
    for line, entry in _lines(lines):
        gone = entry.get(column) in values
        removed += gone
        # The first line of a loaded file describes the file.
        rows += not gone and _PREDICTION_ID in entry
        if not gone:
            kept.append(line)
    if not removed:
        return Kept(content, 0)
    if not rows:
        return Kept(None, removed)
    joined = b"\n".join(kept) + (b"\n" if lines.endswith(b"\n") else b"")
    return Kept(gzip.compress(joined, mtime=0) if content.startswith(_GZIP) else joined, removed)


def _without_in_parquet(content: bytes, column: str, values: Set[str]) -> Kept:
    found = _parquet_rows(content, column, values)
    if found is None:
        return Kept(content, 0)
    table, gone = found
    removed = pc.sum(gone).as_py() or 0
    if not removed:
        return Kept(content, 0)
    kept = table.filter(pc.invert(gone))
    if not kept.num_rows:
        return Kept(None, removed)
    written = BytesIO()
    pq.write_table(kept, written, compression=_compression(content))
    return Kept(written.getvalue(), removed)


def _parquet_rows(content: bytes, column: str, values: Set[str]) -> tuple[pa.Table, Any] | None:
    """Return a table, and which of its rows have one of the values; `None` without the column."""
    # Threads of Arrow that outlive a read can abort a command as it ends (apache/arrow#33975).
    table = pq.read_table(pa.BufferReader(content), use_threads=False)
    if column not in table.schema.names:
        return None
    texts = pc.cast(table[column], pa.string())
    return table, pc.fill_null(pc.is_in(texts, pa.array(sorted(values), pa.string())), False)


def _compression(content: bytes) -> str:
    return str(
        pq.ParquetFile(pa.BufferReader(content)).metadata.row_group(0).column(0).compression
    ).lower()


def _unpacked(content: bytes) -> bytes:
    return gzip.decompress(content) if content.startswith(_GZIP) else content


def _mentions(lines: bytes, values: Set[str]) -> bool:
    return any(each.encode() in lines for each in values)


def _lines(content: bytes) -> Iterator[tuple[bytes, Mapping[str, Any]]]:
    """Yield each line with its entry; a line that is not JSON has an empty one, and stays."""
    for line in content.split(b"\n"):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except ValueError:
            entry = {}
        yield line, entry if isinstance(entry, dict) else {}
