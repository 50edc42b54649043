"""Words that stand for a missing value, all in lower case, and spellings of one text."""

import re
import unicodedata

_EXCEL_ERRORS = (
    *("#n/a", "#na", "#n/a n/a", "#div/0!", "#div/0", "#ref!", "#value!", "#name?", "#null!"),
    *("#num!", "#spill!", "#calc!", "#getting_data", "#field!", "#blocked!", "#unknown!"),
    "#connect!",
)
# Spreadsheets in other languages write their errors in that language.
_TRANSLATED_ERRORS = (
    *("#nv", "#bezug!", "#wert!", "#zahl!", "#null!"),
    *("#valeur!", "#nom?", "#nombre!", "#nul!", "#¡div/0!", "#¡ref!", "#¡valor!", "#¿nombre?"),
    *("#¡num!", "#valore!", "#rif!", "#nome?", "#valor!", "#núm!", "#verw!", "#waarde!", "#н/д"),
    *("#знач!", "#ссылка!", "#дел/0!", "#имя?", "#число!", "#n/d", "#n/disp", "#n/b", "#i/t"),
    *("#arg!", "#adr!", "#liczba!", "#dziel/0!", "#nazwa?", "#getal!", "#deel/0!", "#naam?"),
    *("#saknas!", "#värdefel!", "#værdi!", "#verdi!", "#yok", "#değer!", "#érték!", "#hodnota!"),
)
# Spellings of a missing value, without regard to case, in any column; a category or class that is
# declared under one of these names keeps it as its value. Words such as "unknown" are not among
# them: they are categories as often as not.
MISSING = frozenset(
    {
        *("", "na", "n/a", "nan", "null", "none", "nat", "<na>", "?", "-", r"\n"),
        *(
            "(null)",
            "(missing)",
            "<null>",
            "[null]",
            "(blank)",
            "(empty)",
            "-nan",
            "+nan",
            "1.#qnan",
        ),
        *("(missing)", "-1.#qnan", "1.#ind", "-1.#ind"),
        # MySQL writes them for a date that is not known.
        *("0000-00-00", "0000-00-00 00:00:00"),
        *_EXCEL_ERRORS,
        *_TRANSLATED_ERRORS,
    }
)


# Characters that no one sees: control characters that are no blanks, and those of zero width.
_CONTROL = "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"
_INVISIBLE = re.compile(f"[{_CONTROL}\xad\u200b-\u200f\u2060\ufeff]")


def composed(text: str) -> str:
    """Return a text without blanks around it, its accents as one character with their letter."""
    text = text.strip()
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def folded(text: str) -> str:
    """Return a text without regard to case, blanks, and how Unicode spells its characters."""
    if not text.isprintable():
        text = _INVISIBLE.sub("", text)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return " ".join(text.casefold().split())
