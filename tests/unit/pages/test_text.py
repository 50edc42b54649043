"""Text of others on pages: nothing of it means anything, and different texts stay different."""

import html
import json
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from modelfleet.pages.text import escape, inert, markdown, visible
from tests.hostile import HOSTILE, MARKUP

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


# Letters and marks all of which browsers draw as nothing.
NOTHING = (
    *"\u034f\u115f\u1160\u17b4\u17b5\u180b\u180f\u2800\u3164\ufe00\ufe0f\uffa0",
    *"\u00ad\u180e\u200b\u200c\u200d\u2060\u2064\U000e0100\U000e01ef\U000e0041",
)


@pytest.mark.parametrize("nothing", NOTHING)
def test_nothing_is_told_apart_by_what_cannot_be_seen(nothing: str) -> None:
    """Two categories that look alike would be two bars of one name: the difference is spelled."""
    for text in (f"Rome{nothing}", f"{nothing}Rome", f"Ro{nothing}me"):
        assert nothing not in escape(text)
        assert nothing not in inert(text)


@pytest.mark.parametrize(
    "text",
    [
        *("\u6771\u200d", "\u6771\u200c\u4eac", "\u6771\ufe0f", "\u0915\u200d", "\u0627\u200c"),
        *(
            "\u0915\ufe0f\u0915",
            "\u2764\u200d",
            "\uac00\u200d\uac00",
            "\U0001d159",
            "\u0915\u200d\u200d\u0915",
        ),
        "\U0001f3f4\U000e0067\U000e0062",
    ],
)
def test_what_joins_nothing_is_spelled(text: str) -> None:
    """Joiners and what chooses a look are left where they are seen, and nowhere else."""
    assert "\u2039U+" in escape(text)


@pytest.mark.parametrize(
    "text", ["\U0001f469\u200d\U0001f52c", "\u2764\ufe0f", "\u0915\u094d\u200d\u0937"]
)
def test_joined_letters_and_emoji_are_left_as_they_are(text: str) -> None:
    """A page of ours shows what its scripts join."""
    assert escape(text) == text


STACKED = "".join(
    f"{mark * 4}{joiner}" for mark in "\u0335\u20e0" for joiner in "\u200d\u034f\u2060"
)


@pytest.mark.parametrize(
    "text",
    ["a" + "\u0335" * 60, "\u0338x", "x \u20e0", "\u0489" * 20, f"a{STACKED}", f"\u0915{STACKED}"],
)
def test_marks_cover_nothing_around_them(text: str) -> None:
    """No more of them stand on a letter than scripts need, and none on what is not the text's."""
    for shown in (escape(text), inert(text)):
        marks = [each for each in shown if unicodedata.category(each) in ("Mn", "Me")]
        assert len(marks) <= 4
        assert not re.search(r"(\A|\s|[\u0300-\u0489\u20e0]{4})[\u0300-\u0489\u20e0]", shown)


@pytest.mark.parametrize(
    "text", ["\u0e19\u0e49\u0e33", "\u05e9\u05c1\u05b8", "e\u0301", "\u0f67\u0f71\u0f74\u0f83"]
)
def test_marks_of_scripts_are_left_as_they_are(text: str) -> None:
    """Thai, Hebrew, Tibetan and letters with accents read as they were written."""
    assert without_isolates(escape(text)) == text
    assert inert(text) == text


def without_isolates(shown: str) -> str:
    """A shown text without the marks around what runs from right to left."""
    return re.sub("[\u2068\u2069]", "", shown)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("column \u05d0\u05d1: 3.5 (x)", "column <\u05d0\u05d1>: 3.5 (x)"),
        ("\u05d0 \u05d1, \u05d2 12, \u05d3", "<\u05d0 \u05d1>, <\u05d2> 12, <\u05d3>"),
        ("\u05d0 predicts \u0627", "<\u05d0> predicts <\u0627>"),
        ("\u05d0-\u05d1 5 \u05d2\u05b8 7%", "<\u05d0-\u05d1 5 \u05d2\u05b8> 7%"),
        ("1 \u0663/\u0664 2", "1 <\u0663/\u0664> 2"),
        ("\u0645\u06cc\u200c\u062e = 1", "<\u0645\u06cc\u200c\u062e> = 1"),
        ("\u05d0\n\u05d1", "<\u05d0>\n<\u05d1>"),
    ],
)
def test_names_from_right_to_left_reorder_nothing_of_ours(text: str, shown: str) -> None:
    """A sentence that names them reads from left to right, with its signs and numbers in place."""
    assert visible(text) == shown.replace("<", "\u2068").replace(">", "\u2069")


@given(ANYTHING)
def test_isolates_are_ours_and_closed(text: str) -> None:
    """What others send opens and ends none, and nothing that runs to the left is outside."""
    shown = visible(text)
    runs = re.split("\u2068(.*?)\u2069", shown)
    assert "".join(runs) == without_isolates(shown)
    assert len(runs) == 1 + 2 * shown.count("\u2068") == 1 + 2 * shown.count("\u2069")
    for outside in runs[::2]:
        assert not {"R", "AL", "AN"} & {unicodedata.bidirectional(each) for each in outside}


def test_a_text_that_imitates_what_was_left_out_is_told_from_it() -> None:
    """Who writes a code point as pages do does not pass for the character."""
    for between in ("", "\u200d", "\u200b", "\ufe0f", "\u0301", "\u0338\u200d", "\u3164"):
        for imitated in (f"\u2039{between}U+202E\u203a", f"\u2039U{between}+202E\u203a"):
            assert not escape(imitated).startswith("\u2039U+202E\u203a")
            assert escape(imitated).startswith("\u2039U+2039\u203a")
    assert escape("\u2039quoted\u203a") == "\u2039quoted\u203a"


@pytest.mark.parametrize(
    "text", ["0o17", "0b11", "1", "1.0", "01", "0x1F", "2026-01-05", "10:30", "#1", "\u0661"]
)
def test_a_number_as_text_stays_text(text: str) -> None:
    """A chart that reads its labels as numbers would draw "1" and "1.0" as one bar."""
    assert inert(text) == f"\u2039{text}\u203a"


@given(ANYTHING)
def test_a_page_of_ours_can_be_written(text: str) -> None:
    """Escaped text can be encoded, opens and ends nothing, and hides nothing."""
    shown = escape(text)
    shown.encode()
    assert not re.search(r"[<>\"'\x00-\x08\x0b-\x1f\u202a-\u202e\u2066\u2067\u2028\u2029]", shown)
    assert without_isolates(html.unescape(shown)) == text or "\u2039U+" in shown


MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_SIGNS = st.text("*_`[]()<>&#;:/\\|~!-+=.0123456789 \t\nabw@", max_size=20)


def assert_no_markup(text: str) -> None:
    """It is one paragraph that says what the text says."""
    said = " ".join(visible(text).split())
    rendered = MARKDOWN.render(markdown(text))
    assert html.unescape(rendered) == (f"<p>{said}</p>\n" if said else "")
    assert "<" not in rendered.removeprefix("<p>").removesuffix("</p>\n")
    assert html.unescape(markdown(text)) == said


@pytest.mark.parametrize("text", [*MARKUP, *HOSTILE], ids=range(len(MARKUP) + len(HOSTILE)))
def test_markdown_renders_no_markup_of_others(text: str) -> None:
    """A renderer of Markdown or HTML shows the text and makes no element of it."""
    assert_no_markup(text)


@given(ANYTHING | _SIGNS)
def test_markdown_renders_any_text_as_text(text: str) -> None:
    """However its signs are put together."""
    assert_no_markup(text)


@pytest.mark.parametrize(
    "sign", ["http://a.example", "www.a.example", "WWW.a.example", "a@b.example"]
)
def test_no_address_becomes_a_link(sign: str) -> None:
    """Viewers make links of addresses without being told to."""
    assert not re.search(r"://|www\.|@", markdown(f"see {sign}"), re.IGNORECASE)


@pytest.mark.parametrize("text", ["Age in years (18-99).", "a_b_c, 5 %", "Price: 3.5 - 4 + tax?"])
def test_ordinary_sentences_are_the_same_in_markdown(text: str) -> None:
    """Those who read the source of a document read what its author wrote."""
    assert markdown(text) == text
