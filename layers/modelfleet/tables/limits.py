"""Limits on the size of a table, enforced before it is loaded into memory."""

from typing import Any

from modelfleet.spec.errors import TableError

MEBIBYTE = 1 << 20
# Data set files are held in memory, where a cell takes about 100 bytes until it is stored.
MOST_CELLS = 20_000_000
MOST_BYTES = 512 * MEBIBYTE
# Rows that one batch job can split within the function's timeout of fifteen minutes.
MOST_BATCH_ROWS = 20_000_000
# Decompressed size of one batch job's input: a file of zeros expands a thousandfold.
MOST_STREAM_BYTES = 32 << 30
# Pages are decompressed one at a time, and a page is at most as large as its column chunk.
MOST_CHUNK_BYTES = 256 * MEBIBYTE

_SMALLER = "take a sample of its rows"


def require_cells(rows: int, columns: int) -> None:
    """Reject a table with too many cells to hold in memory.

    Raises
    ------
    TableError
        With the limit and a remedy.
    """
    if rows * max(columns, 1) > MOST_CELLS:
        raise TableError(
            f"it has more than {MOST_CELLS:,} cells ({rows:,} rows of {columns:,} columns); "
            f"{_SMALLER}"
        )


def require_bytes(size: int) -> None:
    """Reject a table whose uncompressed size is too large to hold in memory.

    Raises
    ------
    TableError
        With the limit and a remedy.
    """
    if size > MOST_BYTES:
        raise TableError(f"it is larger than {MOST_BYTES // MEBIBYTE} MiB; {_SMALLER}")


def require_stream(size: int) -> None:
    """Reject a file that decompresses to more than a batch job may read.

    Raises
    ------
    TableError
        With the limit.
    """
    if size > MOST_STREAM_BYTES:
        raise TableError(f"it decompresses to more than {MOST_STREAM_BYTES >> 30} GiB")


def require_batch_rows(rows: int) -> None:
    """Reject more rows than a batch job can split.

    Raises
    ------
    TableError
        With the limit and a remedy.
    """
    if rows > MOST_BATCH_ROWS:
        raise TableError(
            f"it has more than {MOST_BATCH_ROWS:,} rows; divide it into files of fewer rows, and "
            "run a job for each"
        )


def require_chunks(metadata: Any) -> None:
    """Reject a Parquet file with a column chunk that is too large to decompress.

    Raises
    ------
    TableError
        With the limit and a remedy.
    """
    largest = max(_chunk_sizes(metadata), default=0)
    if largest > MOST_CHUNK_BYTES:
        raise TableError(
            f"a column takes more than {MOST_CHUNK_BYTES // MEBIBYTE} MiB within a row group; "
            "write it in smaller row groups"
        )


def total_bytes(metadata: Any) -> int:
    """Return the uncompressed size of a Parquet file, as declared by its footer."""
    return sum(_chunk_sizes(metadata))


def _chunk_sizes(metadata: Any) -> list[int]:
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    return [
        group.column(column).total_uncompressed_size
        for group in groups
        for column in range(group.num_columns)
    ]
