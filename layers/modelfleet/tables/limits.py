"""Limits on the size of a table, enforced before it is in memory."""

from typing import Any

from modelfleet.spec.errors import TableError

MEBIBYTE = 1 << 20
# A table of people is held in memory as a whole: a cell takes some 100 bytes until it is stored.
MOST_CELLS = 20_000_000
MOST_BYTES = 512 * MEBIBYTE
# What one bulk job can be cut into within a function's fifteen minutes.
MOST_BATCH_ROWS = 20_000_000
# What one bulk job may decompress: a file of zeros grows a thousandfold.
MOST_STREAM_BYTES = 32 << 30
# Pages are decompressed one at a time, and no page is larger than its column's part of a group.
MOST_CHUNK_BYTES = 256 * MEBIBYTE

_SMALLER = "take a sample of its rows"


def require_cells(rows: int, columns: int) -> None:
    """Refuse a table of too many cells to be held in memory.

    Raises
    ------
    TableError
        Names the limit and what to do.
    """
    if rows * max(columns, 1) > MOST_CELLS:
        raise TableError(
            f"it has more than {MOST_CELLS:,} cells ({rows:,} rows of {columns:,} columns); "
            f"{_SMALLER}"
        )


def require_bytes(size: int) -> None:
    """Refuse a table whose bytes, not compressed, are too many to be held in memory.

    Raises
    ------
    TableError
        As above.
    """
    if size > MOST_BYTES:
        raise TableError(f"it is larger than {MOST_BYTES // MEBIBYTE} MiB; {_SMALLER}")


def require_stream(size: int) -> None:
    """Refuse to decompress more than one bulk job may read.

    Raises
    ------
    TableError
        As above.
    """
    if size > MOST_STREAM_BYTES:
        raise TableError(f"it decompresses to more than {MOST_STREAM_BYTES >> 30} GiB")


def require_batch_rows(rows: int) -> None:
    """Refuse more rows than one bulk job can be cut into.

    Raises
    ------
    TableError
        As above.
    """
    if rows > MOST_BATCH_ROWS:
        raise TableError(
            f"it has more than {MOST_BATCH_ROWS:,} rows; divide it into files of fewer rows, and "
            "run a job for each"
        )


def require_chunks(metadata: Any) -> None:
    """Refuse a Parquet file with a part of a column that is too large to be decompressed.

    Raises
    ------
    TableError
        As above.
    """
    largest = max(_chunk_sizes(metadata), default=0)
    if largest > MOST_CHUNK_BYTES:
        raise TableError(
            f"a column takes more than {MOST_CHUNK_BYTES // MEBIBYTE} MiB within a row group; "
            "write it in smaller row groups"
        )


def total_bytes(metadata: Any) -> int:
    """How large a Parquet file is when it is not compressed, by its own footer."""
    return sum(_chunk_sizes(metadata))


def _chunk_sizes(metadata: Any) -> list[int]:
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    return [
        group.column(column).total_uncompressed_size
        for group in groups
        for column in range(group.num_columns)
    ]
