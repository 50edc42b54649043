"""What people read: one console for words and progress, standard output for programs.

Texts hold names of tables, which hold anything: none is taken for markup, of a text no byte reaches
the terminal that it would obey, and no line break in a name makes a line that passes for another.
"""

import json
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

# Scripts and emoji are written with joiners; they move nothing.
_KEPT = frozenset("\n\t\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}")
_BLANK = "Zs"


def shown(text: str) -> str:
    r"""A text as it may be printed: what a terminal obeys, and what nobody sees, is spelled out.

    Control characters, marks that turn the order around, separators of lines and halves of
    characters become what Python calls them, such as `\x1b`.
    """
    return text if text.isprintable() else "".join(map(_letter, text))


def _letter(letter: str) -> str:
    if letter.isprintable() or letter in _KEPT or unicodedata.category(letter) == _BLANK:
        return letter
    return letter.encode("unicode_escape").decode("ascii")


class _PlainConsole(Console):
    """Shows every text that reaches it, also those within tables and progress."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        for text, style, control in super().render(renderable, options):
            # The console's own commands are no text.
            yield Segment(text if control else shown(text), style, control)


# Words go to standard error, so that `--json` and pipes carry answers alone.
CONSOLE = _PlainConsole(stderr=True, highlight=False)
_OUT = _PlainConsole(highlight=False, soft_wrap=True)


def say(text: str, style: str = "") -> None:
    """Print a line for people."""
    CONSOLE.print(_line(text, style), soft_wrap=True)


def done(text: str, aside: str = "") -> None:
    """Print that something is done, with a remark beside it."""
    line = Text.assemble(("✓", "green"), " ", _line(text))
    CONSOLE.print(line.append_text(_line(f" {aside}", "dim")) if aside else line, soft_wrap=True)


def warn(text: str) -> None:
    """Print a line on what went wrong and does not end the command."""
    say(text, style="yellow")


def fail(text: str) -> None:
    """Print why the command ends; what has more lines cannot pass for lines of the command's."""
    for line in f"fleet: {text}".replace("\n", "\n  ").split("\n"):
        say(line, style="red")


def answer(*lines: str) -> None:
    """Print the command's result, line by line."""
    for line in lines:
        _OUT.print(_line(line))


def answer_json(value: Any) -> None:
    """Print the command's result for programs: exact, and in ASCII alone."""
    _OUT.file.write(json.dumps(value, indent=2) + "\n")


def answer_table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Print the command's result as a table."""
    # Where rows are of several lines, a rule between them says where one ends.
    table = Table(show_lines=any("\n" in cell for row in rows for cell in row))
    for position, name in enumerate(columns):
        # What a row is called is typed again in the next command, so it is never cut.
        table.add_column(_plain(name), no_wrap=position == 0, overflow="fold")
    for row in rows:
        table.add_row(*map(_plain, row))
    _OUT.print(table)


def answer_entries(entries: Sequence[tuple[str, Sequence[str]]]) -> None:
    """Print the command's result as headings, each with sentences that a column is too narrow for.

    Programs that read it find every sentence on a line of its own.
    """
    for heading, sentences in entries:
        _OUT.print(_line(heading, "bold"))
        for sentence in sentences:
            if _OUT.is_terminal:
                _OUT.print(Padding(_line(sentence), (0, 0, 0, 4)), soft_wrap=False)
            else:
                answer(f"    {sentence}")


@contextmanager
def step(title: str) -> Iterator[None]:
    """Show that something takes time, then how long it took."""
    start = time.monotonic()
    if not CONSOLE.is_terminal:
        say(f"  … {title}")
    with waiting(title):
        yield
    done(title, f"({time.monotonic() - start:.1f} s)")


@contextmanager
def waiting(title: str) -> Iterator[None]:
    """Show that something takes time, where somebody looks."""
    with CONSOLE.status(_line(title)):
        yield


@contextmanager
def progress(title: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show how far something is, where somebody looks; call what it gives with how much is done."""
    columns = (
        *(TextColumn("{task.description}", markup=False), BarColumn()),
        *(MofNCompleteColumn(), TimeRemainingColumn()),
    )
    with Progress(*columns, console=CONSOLE, disable=not CONSOLE.is_terminal) as shown_to:
        task = shown_to.add_task(_line(title).plain, total=total)
        yield lambda more: shown_to.advance(task, more)


def _line(text: str, style: str = "") -> Text:
    return _plain(text.replace("\n", "\\n"), style)


def _plain(text: str, style: str = "") -> Text:
    return Text(shown(text), style)
