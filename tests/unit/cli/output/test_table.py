"""Tables are readable in any terminal, and lines of values elsewhere."""

import os
import pty
import re
import subprocess
import sys
from collections.abc import Sequence
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from cli.output import console
from cli.output.table import column_widths, records, wrapped

BLANKS = (
    "How did the customer hear about us for the very first time, "
    "by which channel or person, if any at all"
)
UNDERSCORES = (
    "average_monthly_spending_on_groceries_in_the_last_twelve_months_"
    "before_the_application_was_made_here"
)
SOLID = "Lebensversicherungsgesellschaftsangestellter" * 2 + "abcdefghijkl"
CAPTION = ("column", "role", "values", "missing", "ROC AUC alone", "reason")
NAMES = {"blanks": BLANKS, "underscores": UNDERSCORES, "solid": SOLID, "short": "Age"}
ROWS = {
    name: [
        (text, "feature", "0 to 130 EUR", "1.2%", "0.61", "numbers, but for 4 words: n.a. 3, ? 1"),
        ("Plan", "left out: known afterwards", "basic, family, plus, …", "-", "0.50", "text"),
    ]
    for name, text in NAMES.items()
}


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """What is printed on a terminal."""
    file = StringIO()
    monkeypatch.setattr(console._OUT, "_file", file)
    monkeypatch.setattr(console._OUT, "_force_terminal", True)
    return file


def printed(file: StringIO, width: int, rows: Sequence[tuple[str, ...]]) -> list[str]:
    """The lines of a table in a terminal of this width, without styles."""
    file.truncate(0)
    console._OUT._width = width
    console.answer_table(CAPTION, rows)
    return re.sub(r"\x1b\[[0-9;]*m|\0", "", file.getvalue()).splitlines()


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("name", NAMES)
def test_no_word_is_broken(name: str, width: int, shown: StringIO) -> None:
    """Every word is on one line, which is only wider than the terminal for the word's sake."""
    lines = printed(shown, width, ROWS[name])
    # Long names wrap after underscores.
    words = {word for row in ROWS[name] for cell in row for word in re.split(r"[ _]", cell)}
    text = "\n".join(lines)
    assert not [word for word in words if word not in text]
    for line in lines:
        assert cell_len(line) <= width or max(map(cell_len, line.split())) > width // 2, line


@pytest.mark.parametrize(("width", "fits"), [(60, False), (80, False), (120, True)])
def test_a_table_that_does_not_fit_becomes_records(width: int, fits: bool, shown: StringIO) -> None:
    """One record after another, with a blank line below each and a label on each value."""
    lines = printed(shown, width, ROWS["blanks"])
    assert any("──" in line for line in lines) is fits
    if not fits:
        assert lines.count("") == len(ROWS["blanks"])
        assert [line for line in lines if re.match(r"reason {9}", line)]


def test_short_columns_keep_their_width(shown: StringIO) -> None:
    """Only the column that is too wide wraps."""
    rows = [("a", "feature", "0 to 1", "1.2%", "0.61", "word " * 30)]
    lines = printed(shown, 100, rows)
    assert [line for line in lines if "feature  0 to 1  1.2%     0.61           word" in line]
    assert max(map(cell_len, lines)) <= 100


@pytest.mark.parametrize("name", NAMES)
def test_elsewhere_rows_are_values_between_tabs(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program gets the headings and then full values, however long, without borders."""
    file = StringIO()
    monkeypatch.setattr(console._OUT, "_file", file)
    monkeypatch.setattr(console._OUT, "_force_terminal", False)
    rows = [*ROWS[name], ("a\tb", "two\nlines", "", "\n", "1", "2")]
    console.answer_table(CAPTION, rows)
    found = [line.split("\t") for line in file.getvalue().splitlines()]
    assert found[:3] == [list(row) for row in (CAPTION, *ROWS[name])]
    assert found[3:] == [["a b", "two lines", "", "", "1", "2"]]


def test_a_real_terminal() -> None:
    """The width of the terminal decides, not a variable of a pipe."""
    script = f"from cli.output.console import answer_table as t; t({CAPTION}, {ROWS['solid']})"
    ours, theirs = pty.openpty()
    environment = os.environ | {"COLUMNS": "80", "TERM": "xterm"}
    try:
        subprocess.run([sys.executable, "-c", script], stdout=theirs, env=environment, check=True)
        text = os.read(ours, 65_536).decode()
    finally:
        os.close(ours)
        os.close(theirs)
    assert SOLID in text
    assert "──" not in text


def test_an_option_is_copied_with_its_value() -> None:
    """It is on one line, also if its value contains blanks."""
    option = "--missing 'Age code=999'"
    lines = wrapped(f"if it means that the value is missing, add: {option} --missing x=1", 44)
    assert lines == ["if it means that the value is missing, add:", f"{option} --missing x=1"]


CELLS = st.text(st.characters(exclude_categories=["C", "Z", "M"]), max_size=50)
TEXTS = st.lists(CELLS, max_size=8).map(" ".join)


@given(TEXTS, st.integers(1, 120))
def test_wrapping_keeps_every_word(text: str, width: int) -> None:
    """Only words wider than the line exceed it, and nothing is lost."""
    lines = wrapped(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    for line in lines:
        assert cell_len(line) <= width or " " not in line.strip() or "--" in line


@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=1, max_size=5), st.integers(20, 160))
def test_columns_fit(rows: list[tuple[str, ...]], width: int) -> None:
    """If there are widths, the borders and all wrapped cells are within the terminal."""
    found = column_widths(rows, width)
    if found is None:
        return
    assert sum(found) + 2 * (len(found) - 1) <= width
    for row in rows:
        for cell, own in zip(row, found, strict=True):
            assert all(cell_len(line) <= own for line in wrapped(cell, own))


def test_long_headings_are_above_their_values() -> None:
    """A record's labels take at most a third of the line."""
    (lines,) = records((BLANKS, "p"), [("0.8123", "")], 60)
    assert "".join(label for label, _ in lines[:-1]).replace(" ", "") == BLANKS.replace(" ", "")
    assert lines[-1] == ("  ", "0.8123")


@pytest.mark.parametrize("width", [60, 80, 120])
def test_facts_wrap_below_their_text(width: int, shown: StringIO) -> None:
    """The labels stay readable at the margin, and words whole."""
    console._OUT._width = width
    console.answer_facts([("target", BLANKS), ("warning", UNDERSCORES), ("rows", "2,400")])
    lines = shown.getvalue().splitlines()
    assert [line[:9].strip() for line in lines if line[:9].strip()] == ["target", "warning", "rows"]
    assert all(cell_len(line) <= width for line in lines)
    assert not {*BLANKS.split()} - {*" ".join(lines).split()}


def test_elsewhere_each_fact_is_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it is."""
    file = StringIO()
    monkeypatch.setattr(console._OUT, "_file", file)
    monkeypatch.setattr(console._OUT, "_force_terminal", False)
    console.answer_facts([("target", BLANKS * 3), ("rows", "2,400")])
    assert file.getvalue().splitlines() == [f"target   {BLANKS * 3}", "rows     2,400"]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_ids_that_commands_take_are_not_broken(width: int, shown: StringIO) -> None:
    """They can be copied from every terminal, whatever else is in the row."""
    ident = "03e4e54e-4854-4dc7-aa26-0a10995cb8db"
    row = (ident, "retraining", "telecom", "succeeded", "2026-12-01 14:38 UTC", "2 min")
    assert [line for line in printed(shown, width, [row]) if ident in line]
