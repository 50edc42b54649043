"""Parquet files of any types, damaged ones, and those that are small on disk alone."""

import io
import subprocess
import sys
import textwrap
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from modelfleet.catalogue import find
from modelfleet.spec.errors import BatchError
from modelfleet.tables import limits as table_limits
from modelfleet.tables.table_format import FileKind
from tests.unit.batch.conftest import Bench

SPEC = find("bankchurn")
GOOD = SPEC.features.example()
PARQUET = FileKind.PARQUET
ROWS = 4
# What a file of a hundred million rows would take as values many times over.
MEMORY = 1 << 30


def written(columns: dict[str, Any], rows: int = ROWS, **options: Any) -> bytes:
    """A file of equal good rows, but for some columns."""
    given = {name: [value] * rows for name, value in GOOD.items()} | columns
    content = io.BytesIO()
    pq.write_table(pa.table(given), content, **options)
    return content.getvalue()


@pytest.mark.parametrize(
    ("name", "values", "failed"),
    [
        ("Balance", pa.array([Decimal("1.50")] * ROWS), 0),
        ("Balance", pa.array(["12.5", "x", None, "1e999"]), 3),
        ("Geography", pa.array(["France"] * ROWS).dictionary_encode(), 0),
        ("Geography", pa.array([b"France", b"\xff", b"Spain", None], pa.binary()), 2),
        ("Geography", pa.array(["France", "", "Spain", "Germany"], pa.large_string()), 1),
        ("Age", pa.array([42, None, 43, 44], pa.int8()), 1),
        ("Age", pa.array([None] * ROWS, pa.null()), ROWS),
        ("Age", pa.array([[42]] * ROWS), ROWS),
        ("Age", pa.array([{"years": 42}] * ROWS), ROWS),
        ("Age", pa.array([datetime(2026, 1, 1, tzinfo=UTC)] * ROWS), ROWS),
        ("Age", pa.array([2**60] * ROWS, pa.timestamp("us")), ROWS),
        ("Age", pa.array([timedelta(days=42)] * ROWS), ROWS),
        ("Age", pa.array([float("inf"), float("nan"), 42.0, 42.5]), 3),
        ("Surname", pa.array([["a", "b"]] * ROWS), 0),
    ],
)
def test_values_of_any_type_are_scored_or_set_aside(
    churn: Bench, name: str, values: pa.Array, failed: int
) -> None:
    """Each row has an outcome, and those whose values a model takes have a score."""
    churn.put(written({name: values}), PARQUET)
    outcome = churn.run(churn.request(PARQUET))
    assert (outcome.read, outcome.failed) == (ROWS, failed)
    assert outcome.scored == ROWS - failed


def test_a_damaged_part_costs_its_own_rows(churn: Bench) -> None:
    """Rows of the other row groups are scored, and those of the damaged one are counted."""
    content = written({}, rows=30, row_group_size=10, compression="snappy", use_dictionary=False)
    metadata = pq.read_metadata(io.BytesIO(content))
    column = metadata.row_group(1).column(0)
    start, length = column.data_page_offset, column.total_compressed_size
    damaged = content[:start] + b"\xff" * length + content[start + length :]
    churn.put(damaged, PARQUET)
    outcome = churn.run(churn.request(PARQUET))
    assert (outcome.read, outcome.scored, outcome.failed) == (30, 20, 10)
    assert [error["row"] for error in churn.lines(outcome.errors)] == list(range(11, 21))


@pytest.mark.parametrize("damage", ["cut", "footer", "length", "empty"])
def test_a_file_whose_footer_is_damaged_is_named(churn: Bench, damage: str) -> None:
    """Nothing of it can be read, and one line says so."""
    content = written({})
    churn.put(
        {
            "cut": content[:-1],
            "footer": content[:-200] + b"\xff" * 190 + content[-10:],
            "length": content[:-8] + b"\xff\xff\xff\x7fPAR1",
            "empty": b"",
        }[damage],
        PARQUET,
    )
    with pytest.raises(
        BatchError, match=r"^the input cannot be read: not a readable Parq"
    ) as caught:
        churn.split(churn.request(PARQUET))
    assert "\n" not in str(caught.value)


def test_a_column_that_is_there_twice_is_named(churn: Bench) -> None:
    """Nobody knows which of them is meant."""
    names = [*GOOD, "Age"]
    content = io.BytesIO()
    columns = [pa.array([GOOD[name]]) for name in names]
    pq.write_table(pa.Table.from_arrays(columns, names=names), content)
    churn.put(content.getvalue(), PARQUET)
    with pytest.raises(BatchError, match="duplicate column Age"):
        churn.split(churn.request(PARQUET))


def test_rows_are_counted_before_they_are_read(
    churn: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of a few kilobytes may hold any number of equal rows."""
    monkeypatch.setattr(table_limits, "MOST_BATCH_ROWS", 100_000)
    content = written({}, rows=100_001)
    assert len(content) < 20_000
    churn.put(content, PARQUET)
    with pytest.raises(BatchError, match="more than 100,000 rows; divide it into files"):
        churn.split(churn.request(PARQUET))
    assert list(churn.lake.keys(f"{churn.job.folder}/parts")) == []


def test_a_column_too_large_to_be_decompressed_is_refused(churn: Bench) -> None:
    """Zeros shrink to nothing on disk and grow again in memory."""
    size = table_limits.MOST_CHUNK_BYTES // 256 + 2
    texts = pa.array([b"\0" * 256 * 1024] * (size // 1024), pa.binary())
    content = io.BytesIO()
    rows = {name: [value] * len(texts) for name, value in GOOD.items()}
    pq.write_table(
        pa.table(rows | {"blob": texts}), content, compression="zstd", use_dictionary=False
    )
    assert len(content.getvalue()) < 1_000_000
    churn.put(content.getvalue(), PARQUET)
    with pytest.raises(BatchError, match="more than 256 MiB within a row group"):
        churn.split(churn.request(PARQUET))


def test_equal_long_texts_are_in_memory_once(tmp_path: Path) -> None:
    """A text of a megabyte in a hundred thousand rows is one text, and its rows are set aside."""
    file = tmp_path / "long.parquet"
    zeros = pa.array([0] * 100_000, pa.int32())
    texts = pa.DictionaryArray.from_arrays(zeros, ["F" * (1 << 20)])
    file.write_bytes(written({"Geography": texts}, rows=100_000))
    assert file.stat().st_size < 3_000_000
    code = f"""
        import resource, sys
        resource.setrlimit(resource.RLIMIT_AS, ({MEMORY * 3}, {MEMORY * 3}))
        from modelfleet.batch.rows import BatchRows
        from modelfleet.batch.job import FileKind
        from modelfleet.catalogue import find
        rows = BatchRows(find("bankchurn"), open({str(file)!r}, "rb"), FileKind.PARQUET)
        print(sum(row.fault is not None for row in rows))
        # Unlike getrusage, it knows nothing of the process that this one was forked from.
        status = open("/proc/self/status").read()
        print(status.partition("VmHWM:")[2].split()[0], file=sys.stderr)
    """
    done = _python(code)
    assert done.stdout.strip() == "100000", done.stderr
    assert int(done.stderr) < MEMORY // 1024 // 2


def _python(code: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False
    )
