"""Title, unit, and Python field name derived from a column name."""

import builtins
import keyword
import re
import unicodedata
from collections.abc import Collection, Sequence

from modelfleet.spec.features import Features

_CASE_CHANGE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NO_WORD = re.compile(r"[\W_]+")
_UNIT = re.compile(r"\s*[\[(]([^\])]{1,15})[\])]\s*$")
_MIXED_CASE = re.compile(r"^[a-z].*[A-Z]")
_TITLE_LENGTH = 60
# Names used in the generated class and its file; pydantic reads `Config` as settings.
_TAKEN = frozenset(
    {"Features", "Literal", "number", "category", "open_category", "date", "datetime"}
    | {"SPEC", "Config"}
)
# Names that linters reject because they look like digits (PEP 8).
_AMBIGUOUS = frozenset({"l", "O", "I"})
# A class also has its metaclass's attributes: `mro`, and `register` of an abstract class.
_OF_THE_CLASS = {*dir(Features), *dir(type(Features))}
_RESERVED = frozenset({*_OF_THE_CLASS, *dir(builtins), *keyword.kwlist, *_TAKEN, *_AMBIGUOUS}) - {
    # Builtins that generated declarations never call.
    *("id", "type", "format", "filter", "hash", "input", "map", "max", "min", "range", "sum"),
    *("license", "credits", "slice", "round", "order", "zip", "set", "open", "next", "help"),
}


def words(name: str) -> tuple[str, ...]:
    """Split a name into lower-case words: `MonthlyCharges ($)` gives monthly and charges."""
    spaced = _CASE_CHANGE.sub(" ", name)
    return tuple(word for word in _NO_WORD.split(spaced.casefold()) if word)


def unit_of(name: str) -> str | None:
    """Return the text in brackets at the end of a name."""
    found = _UNIT.search(name)
    return found[1].strip() if found else None


def title_of(name: str) -> str:
    """Return a description derived from a column name, with words only."""
    spaced = plain_words(_CASE_CHANGE.sub(" ", _UNIT.sub("", name))) or plain_words(name)
    title = spaced if spaced.isupper() else spaced[:1].upper() + spaced[1:].lower()
    return (title or "Unnamed")[:_TITLE_LENGTH]


def plain_words(text: str) -> str:
    """Return the letters and digits of a text, which are safe in any markup."""
    return " ".join(_NO_WORD.sub(" ", text).split())[:_TITLE_LENGTH].strip()


def field_names(columns: Sequence[str]) -> dict[str, str]:
    """Return a Python field name for each column, its own where that is a conventional name."""
    taken: set[str] = {name for name in columns if _may_stay(name)}
    fields = {name: name for name in taken}
    for position, name in enumerate(columns, start=1):
        if name not in fields:
            fields[name] = _free(_identifier(name) or f"column_{position}", taken)
            taken.add(fields[name])
    return {name: fields[name] for name in columns}


def model_title(model: str, target: str) -> str:
    """Return a title for a model without a description."""
    return f"{model.title()}: {title_of(target).lower()}"


def _may_stay(name: str) -> bool:
    plain = name.isascii() and name.isidentifier() and not name.startswith("_")
    return plain and name not in _RESERVED and not _MIXED_CASE.match(name)


def _identifier(name: str) -> str:
    """Return the words without accents, joined by underscores; empty without Latin letters."""
    parts = unicodedata.normalize("NFKD", " ".join(words(name)))
    latin = "".join(letter for letter in parts if letter.isascii())
    joined = "_".join(re.findall(r"[a-z0-9]+", latin))
    if not re.search("[a-z]", joined):
        return ""
    return joined if joined[0].isalpha() else f"n_{joined}"


def _free(name: str, taken: Collection[str]) -> str:
    if name in _RESERVED:
        name += "_"
    number, found = 2, name
    while found in taken:
        found, number = f"{name}_{number}", number + 1
    return found
