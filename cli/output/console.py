"""Printing: progress and messages on standard error, results on standard output.

Printed text contains names from users' tables, which may contain anything. So text is never parsed
as markup, control characters are escaped, and a line break in a name never starts a new line.
"""

import json
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleOptions, RenderableType
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from cli.output.hints import for_stage
from cli.output.table import column_widths, one_line, records, wrapped

# Some scripts and emoji need joiners, which are harmless.
_KEPT = frozenset("\n\t\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}")
_BLANK = "Zs"
_LABEL_WIDTH = 8


def shown(text: str) -> str:
    r"""Escape what a terminal would interpret and what readers cannot see.

    Control characters, bidirectional marks, line separators, and lone surrogates become Python
    escapes such as `\x1b`.
    """
    return text if text.isprintable() else "".join(map(_letter, text))


def _letter(letter: str) -> str:
    if letter.isprintable() or letter in _KEPT or unicodedata.category(letter) == _BLANK:
        return letter
    return letter.encode("unicode_escape").decode("ascii")


class _PlainConsole(Console):
    """Escapes all text, including the text of tables and progress bars."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        for text, style, control in super().render(renderable, options):
            # Control segments are the console's own.
            yield Segment(text if control else shown(text), style, control)


# Messages go to standard error, so that `--json` and pipes contain only results.
CONSOLE = _PlainConsole(stderr=True, highlight=False)
_OUT = _PlainConsole(highlight=False, soft_wrap=True)


def say(text: str, style: str = "") -> None:
    """Print a message."""
    CONSOLE.print(_line(text, style), soft_wrap=True)


def done(text: str, remark: str = "") -> None:
    """Print that something is done, optionally with a dimmed remark."""
    _say_ended(("✓", "green"), text, remark)


def _say_ended(mark: tuple[str, str], text: str, remark: str) -> None:
    line = Text.assemble(mark, " ", _line(text))
    CONSOLE.print(line.append_text(_line(f" {remark}", "dim")) if remark else line, soft_wrap=True)


def warn(text: str) -> None:
    """Print a warning."""
    say(text, style="yellow")


def fail(text: str) -> None:
    """Print why the command failed; further lines are indented to mark them as its details."""
    for line in f"fleet: {text}".replace("\n", "\n  ").split("\n"):
        say(line, style="red")


def answer(*lines: str) -> None:
    """Print the command's result, line by line."""
    for line in lines:
        _OUT.print(_line(line))


def answer_json(value: Any) -> None:
    """Print the command's result for programs: exact, ASCII only."""
    _OUT.file.write(json.dumps(value, indent=2) + "\n")


def answer_json_line(value: Any) -> None:
    """Print one result of a stream for programs, on a line of its own at once."""
    _OUT.file.write(json.dumps(value) + "\n")
    _OUT.file.flush()


def answer_facts(facts: Sequence[tuple[str, str]]) -> None:
    """Print labelled sentences, wrapped at words in a terminal."""
    for label, text in facts:
        margin = f"{label:<{_LABEL_WIDTH}} "
        if _OUT.is_terminal:
            first, *rest = wrapped(shown(one_line(text)), _OUT.width - len(margin))
            answer(margin + first, *(" " * len(margin) + line for line in rest))
        else:
            answer(margin + one_line(text))


def answer_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print the command's result as a table.

    Texts wrap at words; in a terminal too narrow for that, each row becomes a record of labelled
    lines. Elsewhere, rows are lines of tab-separated values, the headings first.
    """
    cells = [tuple(shown(cell).replace("\t", " ") for cell in row) for row in (columns, *rows)]
    if not _OUT.is_terminal:
        _OUT.file.write("".join("\t".join(map(one_line, row)) + "\n" for row in cells))
    elif (widths := column_widths(cells, _OUT.width)) is not None:
        _OUT.print(_columns(cells, widths), soft_wrap=False)
        _OUT.print()
    else:
        _answer_records(cells)


def _columns(cells: Sequence[Sequence[str]], widths: Sequence[int]) -> Table:
    headings, *rows = (
        ["\n".join(wrapped(cell, width)) for cell, width in zip(row, widths, strict=True)]
        for row in cells
    )
    # Blank lines separate rows that span several lines.
    spaced = any("\n" in cell for row in rows for cell in row)
    table = Table(
        box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), show_lines=spaced
    )
    for name, width in zip(headings, widths, strict=True):
        table.add_column(Text(name), width=width, no_wrap=True, overflow="ignore")
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _answer_records(cells: Sequence[Sequence[str]]) -> None:
    for lines in records(cells[0], cells[1:], _OUT.width):
        for label, text in lines:
            _OUT.print(Text.assemble((label, "bold"), text))
        _OUT.print()


def answer_entries(entries: Sequence[tuple[str, Sequence[str]]]) -> None:
    """Print the command's result as headings with indented sentences, too long for table cells.

    When the output is not a terminal, each sentence stays on one line.
    """
    for heading, sentences in entries:
        _OUT.print(_line(heading, "bold"))
        for sentence in sentences:
            if _OUT.is_terminal:
                _OUT.print(Padding(_line(sentence), (0, 0, 0, 4)), soft_wrap=False)
            else:
                answer(f"    {sentence}")


@dataclass
class Step:
    """A running step; a block that fails without raising an error sets `failed`.

    `show` shows how far it is, in a terminal.
    """

    show: Callable[[str], None]
    failed: bool = False


@contextmanager
def step(title: str) -> Iterator[Step]:
    """Show a spinner while the block runs, then how long it took, and whether it failed."""
    start = time.monotonic()
    if not CONSOLE.is_terminal:
        say(f"  … {title}")
    status = CONSOLE.status(_line(title))
    running = Step(show=lambda detail: status.update(_line(f"{title}: {detail}")))
    try:
        with status:
            yield running
    except BaseException:
        running.failed = True
        raise
    finally:
        mark = ("✗", "red") if running.failed else ("✓", "green")
        _say_ended(mark, title, f"({time.monotonic() - start:.1f} s)")


@contextmanager
def waiting(title: str) -> Iterator[None]:
    """Show a spinner while the block runs, if the output is a terminal."""
    with CONSOLE.status(_line(title)):
        yield


@contextmanager
def progress(title: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show a progress bar if the output is a terminal; yields a function that advances it."""
    columns = (
        *(TextColumn("{task.description}", markup=False), BarColumn()),
        *(MofNCompleteColumn(), TimeRemainingColumn()),
    )
    with Progress(*columns, console=CONSOLE, disable=not CONSOLE.is_terminal) as shown_to:
        task = shown_to.add_task(_line(title).plain, total=total)
        yield lambda more: shown_to.advance(task, more)


def _line(text: str, style: str = "") -> Text:
    return _plain(for_stage(text).replace("\n", "\\n"), style)


def _plain(text: str, style: str = "") -> Text:
    return Text(shown(text), style)
