"""Words that stand for infinity, for yes, or for no; all in lower case."""

# ruff: noqa: RUF001  letters of other scripts are what this is about

# In a column of numbers, infinities are missing: no model computes with them, and requests cannot
# contain them. Dots and dashes stand for a gap there, and are names elsewhere.
NO_NUMBERS = frozenset({".", "..", "...", "--", "---", "\u2013", "\u2014", "\u2026"}) | frozenset(
    f"{sign}{word}"
    for sign in ("", "+", "-", "\u2212")
    for word in ("inf", "infinity", "\u221e", "1.#inf")
)

YES = frozenset(
    {
        *("1", "1.0", "yes", "y", "true", "t", "on", "positive", "pos"),
        *("ja", "j", "wahr", "oui", "vrai", "si", "sí", "sì", "verdadero", "vero", "sim"),
        *("verdadeiro", "v", "tak", "prawda", "ano", "áno", "igen", "da", "да", "так", "evet"),
        *("kyllä", "tosi", "jah", "jā", "taip", "ναι", "はい", "是", "예", "네", "نعم", "כן", "हाँ"),
        *("doğru", "já", "sann", "sant", "ya", "có", "ใช่", "بله", "bai", "真", "✓", "✔", "☑"),
        *("✅", "☒", "x", "+", "有", "○", "◯", "👍", "checked"),
    }
)
AMBIGUOUS = frozenset(
    {"j", "t", "v", "y", "on", "bai", "da", "pos", "sant", "si", "ya", "x", "+", "☒"}
)
"""Words for yes that are also codes or other words; only next to a no do they mean yes."""
NO = frozenset(
    {
        *("0", "0.0", "no", "n", "false", "f", "off", "negative", "neg"),
        *("nein", "falsch", "non", "faux", "falso", "não", "nao", "nie", "fałsz", "ne", "nem"),
        *("nu", "нет", "ні", "не", "hayır", "yanlış", "ei", "epätosi", "nē", "όχι", "いいえ"),
        *("nej", "nee", "否", "아니요", "아니오", "لا", "לא", "नहीं"),
        *("nei", "falskt", "usant", "tidak", "không", "ไม่ใช่", "خیر", "ez", "假", "✗", "✘", "☐"),
        *("❌", "×", "✕", "✖", "無", "👎", "unchecked"),
    }
)
