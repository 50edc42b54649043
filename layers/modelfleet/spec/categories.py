"""Reading of category values: one rule for requests, files, batches, and captures."""

import math
import re
import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any

from pydantic import Field
from pydantic_core import PydanticCustomError

from modelfleet.spec.errors import SpecError
from modelfleet.spec.words import MISSING, composed, folded

CATEGORY_LENGTH = 64
REFUSED = "literal_error"
"""Type of pydantic's error for a value that is not among the declared ones."""

# Size of the per-process cache of messages about misspelled categories.
_REMEMBERED = 1_000
# What `str.strip` removes; not all of it is whitespace in every dialect of regular expressions.
_BLANKS = r"[\s\x1c-\x1f\x85]*"
# More escapes than these are errors in ECMA 262.
_SYNTAX = frozenset(r"^$\.*+?()[]{}|/")
# The long s and the Kelvin sign are an s and a k, too.
_RARE_LETTERS = "\u017f\u212a"
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_REFUSED_VALUE = "refused"
_IS_TEXT = "text"
# Longer numbers are more likely an account, a card, or a telephone than a category.
_DIGITS_MAXIMUM = 6


def _any_case(letter: str) -> str:
    """Return an expression of the letters that are equal to one in lower case."""
    found = {each for each in (letter, letter.upper(), *_RARE_LETTERS) if each.casefold() == letter}
    if len(found) > 1:
        return f"[{''.join(sorted(found))}]"
    return f"\\{letter}" if letter in _SYNTAX else letter


def accepted_text(missing: Iterable[str] = MISSING) -> dict[str, Any]:
    """Return an extension of the JSON schema of a category.

    The pattern, an expression of ECMA 262, excludes blank texts and words for a missing value,
    regardless of case and surrounding blanks.
    """
    words = "|".join("".join(map(_any_case, word)) for word in sorted({*missing} - {""}))
    return {"pattern": f"^(?!{_BLANKS}({words})?{_BLANKS}$)"}


AnyCategory = Annotated[
    str,
    Field(min_length=1, max_length=CATEGORY_LENGTH, json_schema_extra=accepted_text()),
]
"""The type of a category that accepts values that are not listed."""


class Unseen(StrEnum):
    """Treatment of a value that the model does not list among a column's categories.

    `refuse`: the row is invalid. `score`: the row is valid; a value that also training never saw
    gets the encoding's code for unseen values.
    """

    REFUSE = "refuse"
    SCORE = "score"


class CategoryReader:
    """Reader of one column's values: a pure function of the value, once `declare` was called.

    Declared categories match regardless of case and blanks where that is unambiguous, and typed
    numbers match as text. The words for a missing value are those of files.

    Parameters
    ----------
    unseen
        What happens to a text that matches no declared category; without declared categories, every
        text is accepted.
    missing_words, value_words
        Additional words for a missing value, and words that are values although they usually stand
        for a missing one.
    """

    def __init__(
        self,
        unseen: Unseen | None = None,
        missing_words: Iterable[str] = (),
        value_words: Iterable[str] = (),
    ) -> None:
        self._asked = unseen
        self._words = missing_words_of(missing_words, value_words)
        self._nullable = False
        self._categories: dict[str, None] = {}
        self._alike: dict[str, str] = {}
        self._suggestion = lru_cache(_REMEMBERED)(self._nearest)

    @property
    def is_asked_to_score(self) -> bool:
        """Whether the declaration says that values which are not listed are scored."""
        return self._asked is Unseen.SCORE

    @property
    def unseen(self) -> Unseen:
        """Treatment of texts that match no declared category."""
        return self._asked or (Unseen.REFUSE if self._categories else Unseen.SCORE)

    def declare(self, categories: Sequence[str], *, nullable: bool) -> None:
        """Set the categories; those that differ only in case or blanks are matched exactly.

        Raises
        ------
        SpecError
            If texts are to be refused and there are no categories to refuse them by.
        """
        self._nullable = nullable
        self._categories = dict.fromkeys(categories)
        counted = Counter(map(folded, categories))
        self._alike = {folded(each): each for each in categories if counted[folded(each)] == 1}
        self._words -= {each.casefold() for each in categories}
        if self._asked is Unseen.REFUSE and not categories:
            raise SpecError('unseen="refuse" needs the categories: annotate it Literal[...]')

    def read(self, value: Any) -> Any:
        """Return the declared category, `None` for a missing value, or an unlisted text.

        Whatever is neither a text nor a number is returned unchanged.

        Raises
        ------
        PydanticCustomError
            If the text is refused; the message suggests the closest category.
        """
        value = as_text(value)
        if not isinstance(value, str) or value in self._categories:
            return value
        text = composed(value)
        if text in self._categories:
            return text
        missing = text.casefold() in self._words
        if missing and self._nullable:
            return None
        short = len(text) <= CATEGORY_LENGTH
        spelled = folded(text) if short else text
        if spelled in self._alike:
            return self._alike[spelled]
        if self.unseen is Unseen.SCORE:
            return _unlisted(text, missing=missing)
        told = _listed(self._categories) + (self._suggestion(spelled) if short else "")
        context = {_IS_TEXT: f"Input should be {told}"}
        if not missing and (name := recordable(text)) is not None:
            context[_REFUSED_VALUE] = name
        raise PydanticCustomError(REFUSED, "{text}", context)

    def accepts(self, text: str) -> bool:
        """Return whether a text is read without an error."""
        try:
            self.read(text)
        except PydanticCustomError:
            return False
        return True

    def validate(self, value: Any, inner: Callable[[Any], Any]) -> Any:
        """Validate a value; an unlisted one does not match the annotation, so pydantic is skipped.

        Raises
        ------
        PydanticCustomError
            If the text is refused.
        """
        found = self.read(value)
        return found if isinstance(found, str) else inner(found)

    def _nearest(self, spelled: str) -> str:
        named = {folded(each): each for each in self._categories}
        near = get_close_matches(spelled, list(named), n=1)
        return f"; did you mean {named[near[0]]!r}?" if near else ""


def missing_words_of(words: Iterable[str], kept: Iterable[str]) -> frozenset[str]:
    """Return the words for a missing value of a column, in lower case."""
    return (MISSING | {word.casefold() for word in words}) - {word.casefold() for word in kept}


def accept_command(model: str, column: str, value: str) -> str:
    """Return the command that adds a value to a column's categories, quoted for a shell."""
    words = ("fleet", "columns", "accept", model, column, value)
    end = ("--",) if any(word.startswith("-") for word in words) else ()
    return shlex.join((*words[:3], *end, *words[3:]))


def as_text(value: Any) -> Any:
    """Return a typed number as a file of text spells it; other values are returned unchanged.

    Codes such as 501 are numbers in workbooks, Parquet, and JSON.
    """
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    is_number = isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))
    return str(value) if is_number else value


def is_refusal(kind: str, context: object) -> bool:
    """Return whether a validation error, by its type and context, refuses a text as a category."""
    return kind == REFUSED and isinstance(context, dict) and _IS_TEXT in context


def refused_value(context: object) -> str | None:
    """Return the refused value in the context of an error of type `REFUSED`.

    `None` if there is none, or if it may not be recorded.
    """
    value = context.get(_REFUSED_VALUE) if isinstance(context, dict) else None
    return value if isinstance(value, str) else None


def recordable(text: str) -> str | None:
    """Return a refused text if it may be recorded in a log or report; `None` if not.

    Callers choose these texts. A recorded one is a single short line of visible characters, and
    nothing that looks like an address or a number of a person.
    """
    short = 0 < len(text) <= CATEGORY_LENGTH and text.isprintable()
    personal = "@" in text or sum(map(str.isdigit, text)) > _DIGITS_MAXIMUM
    return text if short and not personal else None


def _unlisted(text: str, *, missing: bool) -> str:
    if not text:
        raise PydanticCustomError("string_too_short", "String should have at least 1 character")
    if missing:
        raise PydanticCustomError("missing_word", "Input should not be a word for a missing value")
    if len(text) > CATEGORY_LENGTH:
        told = f"String should have at most {CATEGORY_LENGTH} characters"
        raise PydanticCustomError("string_too_long", "{text}", {"text": told})
    if not text.isascii() and _LONE_SURROGATE.search(text):
        raise PydanticCustomError("string_unicode", "Input should be valid Unicode")
    return text


def _listed(categories: Iterable[str]) -> str:
    *rest, last = map(repr, categories)
    return f"{', '.join(rest)} or {last}" if rest else last
