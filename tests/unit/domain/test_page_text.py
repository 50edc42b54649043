"""Text of others on pages: nothing of it means anything, and different texts stay different."""

import html
import json
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfleet.domain.page_text import escape, inert
from tests.hostile import HOSTILE

ANYTHING = st.text(st.characters(exclude_categories=[]))
CONFUSABLE = st.text(" \u2039\u203aU+3C<1.0aex:_", max_size=8)
LONGEST = 600
_SYNTAX = re.compile(r"[<>&\"'`\\${}\[\]=;|^~@]|:(?![0-9])|(?<![0-9]):")
_UNSEEN = ("C", "Z")


def means_something(shown: str) -> bool:
    """Whether a text has a character that begins or ends some syntax, or that cannot be seen."""
    seen = all(c == " " or unicodedata.category(c)[0] not in _UNSEEN for c in shown)
    return bool(_SYNTAX.search(shown)) or not seen


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_means_anything(text: str) -> None:
    """No character is left that HTML, JavaScript, a template or an address begins or ends with."""
    shown = inert(text)
    assert not means_something(shown)
    assert json.dumps(shown, ensure_ascii=False) == f'"{shown}"'
    assert html.escape(shown) == shown
    assert 0 < len(shown) <= LONGEST


@given(ANYTHING)
def test_any_text_is_shown_without_a_meaning(text: str) -> None:
    """Whatever was sent can be written as UTF-8, is short, and is no syntax."""
    shown = inert(text)
    assert not means_something(shown)
    assert len(shown.encode()) <= 4 * LONGEST
    assert shown.strip() == shown != ""


def test_hostile_texts_stay_different() -> None:
    """No two of the texts become one."""
    assert len({inert(text) for text in HOSTILE}) == len(set(HOSTILE))


@given(st.sets(ANYTHING | CONFUSABLE, min_size=2, max_size=20))
def test_different_texts_stay_different(texts: set[str]) -> None:
    """A report never counts two categories as one."""
    assert len({inert(text) for text in texts}) == len(texts)


@pytest.mark.parametrize(
    "text",
    ["France", "São Paulo", "ford f-150", "3 rooms", "a/b (c)", "München", "東京", "50 % up"],
)
def test_ordinary_text_is_left_as_it_is(text: str) -> None:
    """What people usually call columns and categories reads as they wrote it."""
    assert inert(text) == text
    assert escape(text) == text


def test_a_person_can_read_what_was_sent() -> None:
    """A character with a meaning stands as its code point, and a long text tells its length."""
    assert inert("</b>") == "\u2039U+3C\u203a/b\u2039U+3E\u203a"
    assert inert("y" * 10_000).startswith("y" * 32 + "\u2039of 10000 characters, SHA-256 ")


@pytest.mark.parametrize("text", ["1", "1.0", "01", "0x1F", "2026-01-05", "10:30", "#1", "\u0661"])
def test_a_number_as_text_stays_text(text: str) -> None:
    """A chart that reads its labels as numbers would draw "1" and "1.0" as one bar."""
    assert inert(text) == f"\u2039{text}\u203a"


@given(ANYTHING)
def test_a_page_of_ours_can_be_written(text: str) -> None:
    """Escaped text can be encoded, opens and ends nothing, and hides nothing."""
    shown = escape(text)
    shown.encode()
    assert not re.search(r"[<>\"'\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069\u2028\u2029]", shown)
    assert html.unescape(shown) == text or "\u2039U+" in shown
