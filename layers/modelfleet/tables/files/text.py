"""Finds the encoding of a text file, and yields its lines in UTF-8."""

import codecs
import re
from typing import BinaryIO

from modelfleet.spec.errors import TableError

UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
UTF8 = "utf-8"
_NON_ASCII_LINE = re.compile(rb"[^\n]*[\x80-\xff][^\n]*")
_NON_ASCII_RUN = re.compile(r"[^\x00-\x7f]+")
# What western European texts hold beside ASCII. A pound or yen sign inside a word is none of it.
_WESTERN = re.compile(
    r"[À-ÏÑ-ÖØ-Üß-ïñ-öø-üœ€°²³µ§«»\u2013\u2014\u2018-\u201e\u2026©®™ºª¿¡\xa0]|(?<!\w)[£¥]|[£¥](?!\w)"
)
# Their accents stand alone between plain letters; other scripts have runs of such characters.
_RUN_LENGTH = 1.5
# How many bytes of lines that are not ASCII tell enough, and how far they are looked for.
_TELLING_BYTES = 65_536
_SCANNED_BYTES = 64 << 20
_CHUNK_BYTES = 1 << 20
# A text of ASCII characters in UTF-16 has a zero in every other byte, and none in the others.
_WIDE_SHARE, _NARROW_SHARE = 0.5, 0.05
_CANDIDATES = [
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "koi8_r"),
    *("cp932", "gb18030", "big5", "cp949", "mac_roman", "cp850"),
]


def find_encoding(file: BinaryIO) -> str:
    """The encoding that the characters of a file speak for; the file is at its beginning again.

    A file is in UTF-8 if most of its lines beyond ASCII are; the others are damaged, which costs
    these lines alone.
    """
    start = file.read(_TELLING_BYTES)
    if start.startswith(UTF16_MARKS):
        found = "utf-16"
    elif (wide := _without_mark(start)) is not None:
        found = wide
    else:
        telling = _telling(start, file)
        found = UTF8 if _is_utf8(telling) else _code_page(telling)
    file.seek(0)
    return found


def require_encoding(name: str) -> str:
    """The name of an encoding as Python spells it.

    Raises
    ------
    TableError
        If there is no such encoding of text.
    """
    try:
        found = codecs.lookup(name)
        "".encode(found.name)
    except LookupError as error:
        raise TableError(f"unknown encoding {name}; use one such as utf-8 or cp1252") from error
    return found.name


class Utf8:
    """A file in UTF-8, whatever encoding it is in; bytes that are no characters stay apart."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        self._file = file
        errors = "replace" if encoding.startswith(("utf-16", "utf_16", "utf-32", "utf_32")) else ""
        # One character that is damaged is no reason to refuse all others.
        self._decoder = codecs.getincrementaldecoder(encoding)(errors or "surrogateescape")

    def read(self, size: int) -> bytes:
        """The next bytes; empty at the end."""
        while chunk := self._file.read(size):
            if text := self._decoder.decode(chunk):
                return text.encode(UTF8, "surrogateescape")
        return self._decoder.decode(b"", final=True).encode(UTF8, "surrogateescape")


def _telling(start: bytes, file: BinaryIO) -> bytes:
    """Lines that are not ASCII, as many as tell enough."""
    found, length, scanned, chunk = list[bytes](), 0, 0, start
    while chunk and length < _TELLING_BYTES and scanned < _SCANNED_BYTES:
        if not chunk.isascii():
            lines = _NON_ASCII_LINE.findall(chunk)
            found += lines
            length += sum(map(len, lines))
        scanned += len(chunk)
        # A line may be cut where a chunk ends; it is one of many.
        chunk = file.read(_CHUNK_BYTES)
    return b"\n".join(found)[:_TELLING_BYTES]


def _is_utf8(telling: bytes) -> bool:
    lines = telling.split(b"\n")
    return not telling or 2 * sum(map(_decodes, lines)) > len(lines)


def _decodes(line: bytes) -> bool:
    try:
        line.decode(UTF8)
    except UnicodeDecodeError as error:
        # The line may have been cut within its last character.
        return error.end == len(line) and error.reason == "unexpected end of data"
    return True


def _without_mark(start: bytes) -> str | None:
    """UTF-16 without its mark shows as a zero in every other byte."""
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
    if _is_western(telling):
        return "cp1252"
    # Not in the images of functions that never read a file of people.
    from charset_normalizer import from_bytes  # noqa: PLC0415

    for match in from_bytes(telling, cp_isolation=_CANDIDATES):
        try:
            telling.decode(match.encoding)
        except UnicodeDecodeError:
            continue
        return match.encoding
    # Every sequence of bytes is valid in it.
    return "latin-1"


def _is_western(telling: bytes) -> bool:
    try:
        text = telling.decode("cp1252")
    except UnicodeDecodeError:
        return False
    runs = _NON_ASCII_RUN.findall(text)
    strange = _NON_ASCII_RUN.search(_WESTERN.sub("", text))
    return strange is None and sum(map(len, runs)) < _RUN_LENGTH * len(runs)
