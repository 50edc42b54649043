"""Encoding detection of text files, and transcoding to UTF-8."""

import codecs
import re
from typing import BinaryIO

from modelfleet.spec.errors import TableError
from modelfleet.tables.files.code_pages import find_code_page

UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_UTF32_MARKS = (b"\xff\xfe\0\0", b"\0\0\xfe\xff")
UTF8 = "utf-8"
_NON_ASCII_LINE = re.compile(rb"[^\n]*[\x80-\xff][^\n]*")
# Bytes of non-ASCII lines needed for detection, and the limit of the search for them.
_TELLING_BYTES = 65_536
_SCANNED_BYTES = 64 << 20
_CHUNK_BYTES = 1 << 20
# ASCII text in UTF-16 has zeros in every other byte, and only there.
_WIDE_SHARE, _NARROW_SHARE = 0.5, 0.05
_CANDIDATES = [
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "koi8_r"),
    *("cp932", "gb18030", "big5", "cp949", "mac_roman", "cp850"),
]


def find_encoding(file: BinaryIO) -> str:
    """Detect the encoding of a file; the file is rewound.

    A file is in UTF-8 if most of its non-ASCII lines are; the others are damaged, and only these
    lines are lost.
    """
    start = file.read(_TELLING_BYTES)
    if start.startswith(_UTF32_MARKS):
        found = "utf-32"
    elif start.startswith(UTF16_MARKS):
        found = "utf-16"
    elif (wide := _without_mark(start)) is not None:
        found = wide
    else:
        telling = _telling(start, file)
        found = UTF8 if _is_utf8(telling) else _code_page(telling)
    file.seek(0)
    return found


def require_encoding(name: str) -> str:
    """Return the canonical name of an encoding.

    Raises
    ------
    TableError
        If there is no such text encoding.
    """
    try:
        found = codecs.lookup(name)
        "".encode(found.name)
    except LookupError as error:
        raise TableError(f"unknown encoding {name}; use one such as utf-8 or cp1252") from error
    return found.name


class Utf8:
    """File wrapper that transcodes to UTF-8; invalid bytes become surrogates."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        self._file = file
        errors = "replace" if encoding.startswith(("utf-16", "utf_16", "utf-32", "utf_32")) else ""
        # A damaged character must not make the rest unreadable.
        self._decoder = codecs.getincrementaldecoder(encoding)(errors or "surrogateescape")

    def read(self, size: int) -> bytes:
        """Return the next bytes; empty at the end."""
        while chunk := self._file.read(size):
            if text := self._decoder.decode(chunk):
                return text.encode(UTF8, "surrogateescape")
        return self._decoder.decode(b"", final=True).encode(UTF8, "surrogateescape")


def _telling(start: bytes, file: BinaryIO) -> bytes:
    """Collect non-ASCII lines until there are enough for detection."""
    found, length, scanned, chunk = list[bytes](), 0, 0, start
    while chunk and length < _TELLING_BYTES and scanned < _SCANNED_BYTES:
        if not chunk.isascii():
            lines = _NON_ASCII_LINE.findall(chunk)
            found += lines
            length += sum(map(len, lines))
        scanned += len(chunk)
        # A line cut at the end of a chunk is one of many.
        chunk = file.read(_CHUNK_BYTES)
    return b"\n".join(found)[:_TELLING_BYTES]


def _is_utf8(telling: bytes) -> bool:
    *lines, last = telling.split(b"\n")
    # The last line may have been cut within its last character; others end with one.
    decoded = sum(map(_decodes, lines)) + _decodes(last, is_cut=len(telling) == _TELLING_BYTES)
    return not telling or 2 * decoded > len(lines) + 1


def _decodes(line: bytes, *, is_cut: bool = False) -> bool:
    try:
        line.decode(UTF8)
    except UnicodeDecodeError as error:
        return is_cut and error.end == len(line) and error.reason == "unexpected end of data"
    return True


def _without_mark(start: bytes) -> str | None:
    """Detect UTF-16 without a byte order mark by the zeros in every other byte."""
    for encoding, zeros, others in (
        ("utf-16-le", start[1::2], start[::2]),
        ("utf-16-be", start[::2], start[1::2]),
    ):
        if (
            others
            and zeros.count(0) > _WIDE_SHARE * len(zeros)
            and others.count(0) < _NARROW_SHARE * len(others)
        ):
            return encoding
    return None


def _code_page(telling: bytes) -> str:
    if (found := find_code_page(telling)) is not None:
        return found
    # Not installed in the images of functions that never read users' files.
    from charset_normalizer import from_bytes  # noqa: PLC0415

    for match in from_bytes(telling, cp_isolation=_CANDIDATES):
        try:
            telling.decode(match.encoding)
        except UnicodeDecodeError:
            continue
        return match.encoding
    # Decodes any sequence of bytes.
    return "latin-1"
