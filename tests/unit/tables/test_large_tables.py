"""Tables that are small on disk and large in memory, and files without an end."""

import gzip
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from modelfleet.spec.errors import DatasetError
from modelfleet.tables import limits as table_limits
from modelfleet.tables.reader import read_cells

MEBIBYTE = 1 << 20


def bomb(path: Path, groups: int) -> Path:
    """A Parquet file of so many million equal rows."""
    table = pa.table({"age": pa.array([30] * 1_000_000, pa.int8())})
    with pq.ParquetWriter(path, table.schema) as writer:
        for _ in range(groups):
            writer.write_table(table)
    return path


def test_rows_are_counted_before_they_are_in_memory(tmp_path: Path) -> None:
    """Millions of equal rows are refused in the memory that a hundred of them take."""
    path = bomb(tmp_path / "bomb.parquet", 21)
    assert path.stat().st_size < MEBIBYTE
    done = _read(path, limit=3_000 * MEBIBYTE)
    assert done.stdout == (
        "bomb.parquet: it has more than 20,000,000 cells (21,000,000 rows of 1 columns); "
        "take a sample of its rows\n"
    )
    assert int(done.stderr) * 1024 < 300 * MEBIBYTE


def test_equal_long_texts_are_one_text(tmp_path: Path) -> None:
    """A long text in a hundred thousand rows takes no more memory than one of them."""
    path = tmp_path / "long.parquet"
    zeros = pa.array([0] * 100_000, pa.int32())
    pq.write_table(pa.table({"note": pa.DictionaryArray.from_arrays(zeros, ["x" * 100_000])}), path)
    done = _read(path, limit=3_000 * MEBIBYTE)
    assert done.stdout == "100000 rows\n", done.stderr
    assert int(done.stderr) * 1024 < 300 * MEBIBYTE


def test_the_cells_of_a_text_are_counted_as_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table of many short fields is small as bytes and large as values."""
    monkeypatch.setattr(table_limits, "MOST_CELLS", 10)
    path = tmp_path / "many.csv"
    path.write_text("a,b\n" + "1,2\n" * 6)
    with pytest.raises(DatasetError, match=r"^many\.csv: it has more than 10 cells .*; take a"):
        read_cells(path)


def test_a_file_without_an_end_is_refused() -> None:
    """A device is read no further than a table may be long."""
    with pytest.raises(DatasetError, match=r"^zero: it is larger than 512 MiB; take a sample"):
        read_cells(Path("/dev/zero"))


@pytest.mark.parametrize("name", ["bomb.csv.gz", "bomb.json.gz", "bomb.parquet.gz"])
def test_a_gzip_bomb_is_refused_at_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """It is decompressed no further than a table may be large, whatever is in it."""
    monkeypatch.setattr(table_limits, "MOST_BYTES", MEBIBYTE)
    monkeypatch.setattr(table_limits, "MOST_STREAM_BYTES", MEBIBYTE)
    path = tmp_path / name
    start = b"PAR1" if "parquet" in name else b'[{"a": "' if "json" in name else b"a,b\n"
    path.write_bytes(gzip.compress(start + b"1,2\n" * 10 * MEBIBYTE))
    with pytest.raises(DatasetError, match=r"^bomb.*: it (is larger|decompresses)"):
        read_cells(path)


def test_a_damaged_gzip_file_is_refused(tmp_path: Path) -> None:
    """Half a download is no shorter table."""
    path = tmp_path / "half.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n" + b"1,2\n" * 1_000)[:-20])
    with pytest.raises(DatasetError, match=r"^half\.csv\.gz: its gzip compression is damaged"):
        read_cells(path)


def test_an_archive_that_is_no_workbook_is_not_unpacked(tmp_path: Path) -> None:
    """One line says what the file is."""
    path = tmp_path / "table.csv"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("table.csv", "a,b")
    with pytest.raises(DatasetError, match=r"^table\.csv: it is a zip archive; unpack it first"):
        read_cells(path)


def test_a_damaged_part_of_a_parquet_file_is_set_aside(tmp_path: Path) -> None:
    """Its rows are named, and those of the other parts are read."""
    path = tmp_path / "toy.parquet"
    table = pa.table({"age": list(range(30))})
    pq.write_table(table, path, row_group_size=10, compression="snappy", use_dictionary=False)
    column = pq.read_metadata(path).row_group(1).column(0)
    content, start = path.read_bytes(), column.data_page_offset
    end = start + column.total_compressed_size
    path.write_bytes(content[:start] + b"\xff" * (end - start) + content[end:])
    cells = read_cells(path)
    assert cells.lines == (*range(2, 12), *range(22, 32))
    assert [row.line for row in cells.malformed] == list(range(12, 22))


def _read(path: Path, limit: int) -> "subprocess.CompletedProcess[str]":
    """Read a table in a process of bounded memory, which says how much of it was used."""
    code = f"""
        import resource, sys
        resource.setrlimit(resource.RLIMIT_AS, ({limit}, {limit}))
        from pathlib import Path
        from modelfleet.spec.errors import DatasetError
        from modelfleet.tables.reader import read_cells
        try:
            print(len(read_cells(Path({str(path)!r})).lines), "rows")
        except DatasetError as error:
            print(error)
        status = open("/proc/self/status").read()
        print(status.partition("VmHWM:")[2].split()[0], file=sys.stderr)
    """
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False
    )
