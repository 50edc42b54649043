"""Words that stand for a missing value, all in lower case, and spellings of one text."""

_EXCEL_ERRORS = (
    *("#n/a", "#na", "#n/a n/a", "#div/0!", "#ref!", "#value!", "#name?", "#null!", "#num!"),
    *("#spill!", "#calc!", "#getting_data", "#field!", "#blocked!", "#unknown!", "#connect!"),
)
# Spreadsheets in other languages write their errors in that language.
_TRANSLATED_ERRORS = (
    *("#nv", "#bezug!", "#wert!", "#zahl!", "#null!"),
    *("#valeur!", "#nom?", "#nombre!", "#nul!", "#¡div/0!", "#¡ref!", "#¡valor!", "#¿nombre?"),
    *("#¡num!", "#valore!", "#rif!", "#nome?", "#valor!", "#núm!", "#verw!", "#waarde!", "#н/д"),
)
# Spellings of a missing value, without regard to case, in any column; a category or class that is
# declared under one of these names keeps it as its value. Words such as "unknown" are not among
# them: they are categories as often as not.
MISSING = frozenset(
    {
        *("", "na", "n/a", "nan", "null", "none", "nat", "<na>", "?", "-", r"\n"),
        *("(null)", "<null>", "[null]", "(blank)", "(empty)", "-nan", "+nan", "1.#qnan"),
        *("-1.#qnan", "1.#ind", "-1.#ind"),
        *_EXCEL_ERRORS,
        *_TRANSLATED_ERRORS,
    }
)


def folded(text: str) -> str:
    """Return a text without regard to case and blanks."""
    return " ".join(text.casefold().split())
