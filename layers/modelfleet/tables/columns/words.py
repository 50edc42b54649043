"""Words that stand for a missing value, for yes, or for no; all in lower case."""

# ruff: noqa: RUF001  letters of other scripts are what this is about

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
        *("(null)", "<null>", "[null]", "(blank)", "(empty)", "-nan", "+nan", ".", "..", "..."),
        *("--", "---", "\u2013", "\u2014", "\u2026", "1.#qnan", "-1.#qnan", "1.#ind", "-1.#ind"),
        *_EXCEL_ERRORS,
        *_TRANSLATED_ERRORS,
    }
)
# In a column of numbers: no model computes with them, and requests cannot contain them.
INFINITE = frozenset(
    f"{sign}{word}"
    for sign in ("", "+", "-", "\u2212")
    for word in ("inf", "infinity", "\u221e", "1.#inf")
)

YES = frozenset(
    {
        *("1", "1.0", "yes", "y", "true", "t", "on", "positive", "pos"),
        *("ja", "j", "wahr", "oui", "vrai", "si", "sí", "sì", "verdadero", "vero", "sim"),
        *("verdadeiro", "tak", "prawda", "ano", "áno", "igen", "da", "да", "так", "evet", "doğru"),
        *("kyllä", "tosi", "jah", "jā", "taip", "ναι", "はい", "是", "예", "네", "نعم", "כן", "हाँ"),
    }
)
NO = frozenset(
    {
        *("0", "0.0", "no", "n", "false", "f", "off", "negative", "neg"),
        *("nein", "falsch", "non", "faux", "falso", "não", "nao", "nie", "fałsz", "ne", "nem"),
        *("nu", "нет", "ні", "не", "hayır", "yanlış", "ei", "epätosi", "nē", "όχι", "いいえ"),
        *("nej", "nee", "否", "아니요", "아니오", "لا", "לא", "नहीं"),
    }
)
