"""Parses numbers as people and spreadsheets write them."""

import re
from collections.abc import Callable, Sequence

# A sign that goes with a number and says nothing of its size.
_SIGNS = re.compile(r"^[$€£¥]\s*|\s*[$€£¥%]$")
_LOSS = re.compile(r"^\((.+)\)$")
_NEGATIVE_SIGN = re.compile(r"^([-+])\s*[$€£¥]\s*")
_GROUPED_BY_COMMA = re.compile(r"^[-+]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?$")
_GROUPED_BY_BLANK = re.compile(r"^[-+]?\d{1,3}([ '\u2019\u00a0\u202f]\d{3})+(\.\d+)?$")
_DECIMAL_COMMA = re.compile(r"^[-+]?(\d{1,3}([. '\u2019\u00a0\u202f]\d{3})+|\d+)?(,\d+)?$")
_GROUPS = re.compile(r"[,. '\u2019\u00a0\u202f]")
_TRUTH = {"true": "1", "false": "0"}

Reading = Callable[[str], str | None]


def plain_numbers(texts: Sequence[str | None]) -> list[str | None]:
    """Spell a column's numbers as `float` reads them; what is no number stays as it is.

    Thousands may be set apart by commas, blanks, apostrophes or, with a decimal comma, by points;
    currency and percent signs go; brackets are a minus; true and false are 1 and 0. The column
    as a whole decides what its commas mean: those readings count under which most of its values
    are numbers, and where `1,234` could be either, it is a thousand.

    Parameters
    ----------
    texts
        One column, `None` where missing.
    """
    known = [text for text in texts if text is not None]
    if all(_is_plain(text) for text in known):
        return list(texts)
    bare = {text: _bare(text) for text in set(known)}
    read = max(
        _READINGS, key=lambda reading: sum(reading(bare[text]) is not None for text in known)
    )
    spelled = {text: read(short) for text, short in bare.items()}
    return [text if text is None else spelled[text] or text for text in texts]


def _is_plain(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text


def _bare(text: str) -> str:
    """Without what goes with a number."""
    if loss := _LOSS.match(text):
        return "-" + _SIGNS.sub("", loss[1].strip())
    return _SIGNS.sub("", _NEGATIVE_SIGN.sub(r"\1", text)).strip()


def _plain(text: str) -> str | None:
    return text if _is_plain(text) else _TRUTH.get(text.casefold())


def _grouped(text: str) -> str | None:
    """Commas or blanks between thousands, a point before decimals."""
    if _is_plain(text):
        return text
    if not (_GROUPED_BY_COMMA.match(text) or _GROUPED_BY_BLANK.match(text)):
        return None
    whole, point, decimals = text.partition(".")
    return _GROUPS.sub("", whole) + point + decimals


def _decimal_comma(text: str) -> str | None:
    """A comma before decimals; points, blanks or apostrophes between thousands."""
    if not text.strip("+-") or not _DECIMAL_COMMA.match(text):
        return None
    whole, _, decimals = text.partition(",")
    return f"{_GROUPS.sub('', whole)}.{decimals or '0'}"


# The earlier one counts where two read as many values.
_READINGS: tuple[Reading, ...] = (_plain, _grouped, _decimal_comma)
