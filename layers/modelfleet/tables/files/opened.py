"""Opened files, decompressed, with the format detected from the content."""

import gzip
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO, cast

from modelfleet.spec.errors import TableError
from modelfleet.tables import limits
from modelfleet.tables.limits import require_bytes, require_stream
from modelfleet.tables.table_format import FileKind, kind_of

_GZIP_MARK = b"\x1f\x8b"
_PARQUET_MARK = b"PAR1"
_ZIP_MARK = b"PK\x03\x04"
# Rejected formats, such as archives whose decompressed size cannot be bounded.
_OTHERS = {
    b"\x28\xb5\x2f\xfd": "it is a Zstandard archive; unpack it first",
    b"\xd0\xcf\x11\xe0": "it is a workbook of Excel 97 or encrypted; save it as .xlsx or CSV",
    b"BZh": "it is a bzip2 archive; unpack it first",
    b"\xfd7zXZ": "it is an xz archive; unpack it first",
    b"7z\xbc\xaf": "it is a 7-Zip archive; unpack it first",
    b"%PDF": "it is a PDF document; export the table as CSV",
    _GZIP_MARK: "it is compressed twice; unpack it once",
    b"ARROW1": "it is an Arrow file; save it as Parquet",
    b"SQLite f": "it is an SQLite database; export the table as CSV",
    b"\x89HDF": "it is an HDF5 file; save it as Parquet",
    b"{\\rtf": "it is a document of a word processor; save it as plain text",
    b"\x80\x04\x95": "it is a Python pickle, which may run code; save it as Parquet",
    b"\x80\x05\x95": "it is a Python pickle, which may run code; save it as Parquet",
    b"RDX": "it is an R data file; save it as CSV",
    b"@relati": "it is an ARFF file; save it as CSV",
    b"@RELATI": "it is an ARFF file; save it as CSV",
}
# Programs that export to Excel write these with the suffix .xls.
_HTML_MARKS = (b"<html", b"<table", b"<!docty", b"<?xml")
_MARK_BYTES = 8
_SNIFFED = 4_096
_UTF8_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class OpenedFile:
    """A seekable, decompressed file at its start."""

    file: BinaryIO
    kind: FileKind
    compressed: bool


class _GzipStream(gzip.GzipFile):
    """Gzip reader that stops at the limit of a job."""

    def read(self, size: int | None = -1) -> bytes:
        try:
            content = super().read(size)
        except (EOFError, OSError, zlib.error) as error:
            raise TableError(f"its gzip compression is damaged: {error}") from error
        require_stream(self.tell())
        return content


def open_file(file: BinaryIO, name: str = "", kind: FileKind | None = None) -> OpenedFile:
    """Detect the format of a file.

    Parameters
    ----------
    file
        Seekable file.
    name
        Name of the file, whose suffix distinguishes text formats.
    kind
        Declared format; binary formats are still detected from the content.

    Raises
    ------
    TableError
        If the format is not supported, or the decompressed file is too large for memory.
    """
    mark = _peek(file, _MARK_BYTES)
    compressed = mark.startswith(_GZIP_MARK)
    if compressed:
        file = cast(BinaryIO, _GzipStream(fileobj=file))
        mark = _peek(file, _MARK_BYTES)
    if mark.lstrip().lower().startswith(_HTML_MARKS):
        raise TableError("it is an HTML page; open it in a spreadsheet and save it as .xlsx or CSV")
    for start, told in _OTHERS.items():
        if mark.startswith(start):
            raise TableError(told)
    found = _kind(file, mark, kind or kind_of(name))
    if compressed and found is not FileKind.CSV and found is not FileKind.JSONL:
        file = _held(file)
    return OpenedFile(file, found, compressed)


def _peek(file: BinaryIO, size: int) -> bytes:
    start = file.read(size)
    file.seek(0)
    return start


def _held(file: BinaryIO) -> BinaryIO:
    """Load a file that must be read from its end into memory, up to the limit."""
    content = file.read(limits.MOST_BYTES + 1)
    require_bytes(len(content))
    return BytesIO(content)


def _kind(file: BinaryIO, mark: bytes, told: FileKind | None) -> FileKind:
    if mark.startswith(_PARQUET_MARK):
        return FileKind.PARQUET
    if mark.startswith(_ZIP_MARK):
        return FileKind.XLSX
    if told in (FileKind.PARQUET, FileKind.XLSX):
        # The readers of these formats report what is wrong with the file.
        return told
    if told in (FileKind.CSV, FileKind.JSONL):
        return told
    start = _peek(file, _SNIFFED).removeprefix(_UTF8_MARK).lstrip()
    if told is FileKind.JSON or start[:1] in (b"{", b"["):
        return FileKind.JSON if start.startswith(b"[") else FileKind.JSONL
    return FileKind.CSV
