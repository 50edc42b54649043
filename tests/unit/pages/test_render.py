"""The one environment of all pages: whatever a template prints is made visible and escaped."""

import html
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Template, UndefinedError
from markupsafe import Markup

from modelfleet.pages.render import PACKAGE, environment
from modelfleet.pages.text import escape
from tests.hostile import HOSTILE

ANYTHING = st.text(st.characters(exclude_categories=[]))
# Each would print text that is not made visible, or not escaped.
WAYS_AROUND = re.compile(r"\|\s*(safe|forceescape|xmlattr)\b|autoescape|\{[{%][^}]*~")


def template(source: str) -> Template:
    """A template of pages."""
    return environment().from_string(source)


def shown(source: str, **values: object) -> str:
    """What a template of pages prints."""
    return template(source).render(values)


def templates() -> Iterator[Path]:
    """Every template of the package."""
    yield from PACKAGE.rglob("*.j2")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_made_visible_and_escaped(text: str) -> None:
    """Markup is text, and what cannot be seen is spelled out."""
    assert html.unescape(shown("{{ x }}", x=text)) == html.unescape(escape(text))


@given(ANYTHING)
def test_any_text_can_be_written(text: str) -> None:
    """A page can be encoded, and no text on it opens a tag, ends an attribute or hides."""
    page = shown('<p title="{{ x }}">{{ x }}</p>', x=text)
    page.encode()
    assert page.count("<") == 2
    assert page.count('"') == 2
    assert not re.search(r"[\x00-\x08\x0b-\x1f\u200b\u202a-\u202e\u2066\u2067]", page)


@pytest.mark.parametrize(
    "source",
    [
        "{{ [x, x] | join(', ') }}",
        "{{ x | replace('_', ' ') }}",
        "{{ x[:4] | upper }}",
        "{% set y = x %}{{ y }}",
        "{% set y %}{{ x }}{% endset %}{{ y }}",
        "{% macro show(y) %}{{ y }}{% endmacro %}{{ show(x) }}",
        "{% if true %}{{ x if x else none }}{% endif %}",
    ],
)
def test_no_detour_loses_it(source: str) -> None:
    """Filters, assignments and macros print text as plain expressions do."""
    page = shown(source, x="\u202e<b>\x00")
    assert "<b>" not in page.lower()
    assert not {"\u202e", "\x00"} & set(page)


def test_charts_are_printed_as_they_are() -> None:
    """A drawing is markup already."""
    assert shown("{{ x }}", x=Markup("<svg></svg>")) == "<svg></svg>"


def test_a_missing_value_is_an_error() -> None:
    """A misspelled name is found by the first test that renders its template."""
    with pytest.raises(UndefinedError):
        shown("{{ absent }}")
    with pytest.raises(UndefinedError):
        shown("{{ x.absent }}", x="text")


def test_filters() -> None:
    """Numbers and times are formatted by the same functions everywhere."""
    at = datetime(2026, 1, 5, 12, tzinfo=UTC)
    assert shown("{{ x | timestamp }}", x=at) == "2026-01-05 12:00 UTC"
    assert shown("{{ x | count }} {{ 0.5 | general }}", x=1_000) == "1,000 0.5"


@pytest.mark.static
def test_templates_know_no_way_around() -> None:
    """No template switches escaping off or joins text to markup before it is made visible."""
    found = {path.name: path.read_text() for path in templates()}
    assert "shell.html.j2" in found
    assert [name for name, source in found.items() if WAYS_AROUND.search(source)] == []


@pytest.mark.static
def test_every_template_compiles() -> None:
    """A syntax error in a rarely shown page is found before it is shown."""
    for path in templates():
        environment().get_template(path.relative_to(PACKAGE).as_posix())


def test_reading_policies_and_text_loads_no_template_engine() -> None:
    """The predict function needs both at its start, and has no Jinja."""
    program = (
        "import sys; import modelfleet.pages.policy, modelfleet.pages.text, "
        "modelfleet.pages.numbers; print('jinja2' in sys.modules, 'markupsafe' in sys.modules)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert answer.stdout.split() == ["False", "False"]
