"""Decodes a text file and yields its records."""

import csv
import re
from collections.abc import Collection, Iterator
from io import StringIO

from modelfleet.tables.records import Record, Records

DELIMITERS = (",", ";", "\t", "|")

UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_NON_ASCII_LINE = re.compile(rb"[^\n]*[\x80-\xff][^\n]*")
_NON_ASCII_RUN = re.compile(r"[^\x00-\x7f]+")
# What western European texts hold beside ASCII. A pound or yen sign inside a word is none of it.
_WESTERN = re.compile(
    r"[À-ÏÑ-ÖØ-Üß-ïñ-öø-üœ€°²³µ§«»\u2013\u2014\u2018-\u201e\u2026©®™ºª¿¡\xa0]|(?<!\w)[£¥]|[£¥](?!\w)"
)
# Their accents stand alone between plain letters; other scripts have runs of such characters.
_RUN_LENGTH = 1.5
# How many bytes of lines that are not ASCII, and how many records, tell enough.
_TELLING_BYTES = 65_536
_TELLING_RECORDS = 50
_CANDIDATES = [
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "koi8_r"),
    *("cp932", "gb18030", "big5", "cp949", "mac_roman", "cp850"),
]


def decode(content: bytes) -> str:
    """Read text in UTF-8, in UTF-16, or in the code page that its characters speak for."""
    if content.startswith(UTF16_MARKS):
        # One character that is damaged is no reason to refuse all others.
        return content.decode("utf-16", "replace")
    if (wide := _without_mark(content)) is not None:
        return wide
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _in_a_code_page(content)


def delimiter(text: str, known: Collection[str] = ()) -> str:
    """The delimiter under which the header holds the most known names.

    Where that does not decide, it is the one that divides most records into as many fields as the
    header, and into the most of them.
    """
    wanted = set(known)

    def score(candidate: str) -> tuple[int, float]:
        records = [row for row in _first_records(text, candidate) if any(map(str.strip, row))]
        if not records:
            return 0, 0.0
        header, *rows = records
        alike = sum(len(row) == len(header) for row in rows) / len(rows) if rows else 1.0
        return len(wanted & {cell.strip() for cell in header}), alike * (len(header) - 1)

    return max(DELIMITERS, key=score)


def records(text: str, delimiter: str) -> Iterator[Record]:
    """Every record that is not blank; those that cannot be read say why."""
    return iter(Records(StringIO(text, newline=""), delimiter))


def _without_mark(content: bytes) -> str | None:
    """UTF-16 without its mark shows as a zero in every other byte."""
    beginning = content[:_TELLING_BYTES]
    for encoding, zeros in (("utf-16-le", beginning[1::2]), ("utf-16-be", beginning[::2])):
        if zeros and zeros.count(0) > len(zeros) // 2:
            try:
                return content.decode(encoding)
            except UnicodeDecodeError:
                continue
    return None


def _in_a_code_page(content: bytes) -> str:
    # Installed where files of people are read, and not in the images, which never meet one.
    from charset_normalizer import from_bytes  # noqa: PLC0415

    telling = b"\n".join(_NON_ASCII_LINE.findall(content))[:_TELLING_BYTES]
    guesses = [match.encoding for match in from_bytes(telling, cp_isolation=_CANDIDATES)]
    if _is_western(telling):
        guesses.insert(0, "cp1252")
    for encoding in guesses:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    # Every sequence of bytes is valid in it.
    return content.decode("latin-1")


def _is_western(telling: bytes) -> bool:
    try:
        runs = _NON_ASCII_RUN.findall(telling.decode("cp1252"))
    except UnicodeDecodeError:
        return False
    strange = _NON_ASCII_RUN.search(_WESTERN.sub("", telling.decode("cp1252")))
    return strange is None and sum(map(len, runs)) < _RUN_LENGTH * len(runs)


def _first_records(text: str, candidate: str) -> list[list[str]]:
    found: list[list[str]] = []
    reader = csv.reader(StringIO(text.lstrip("\r\n"), newline=""), delimiter=candidate)
    try:
        while len(found) < _TELLING_RECORDS and (row := next(reader, None)) is not None:
            found.append(row)
    except csv.Error:
        # What stands before the record that cannot be read still tells.
        return found
    return found
