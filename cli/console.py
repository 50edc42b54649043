"""What people read: one console for words and progress, standard output for programs."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

# Words go to standard error, so that `--json` and pipes carry answers alone.
CONSOLE = Console(stderr=True, highlight=False)
_OUT = Console(highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """Print a line for people."""
    CONSOLE.print(text, soft_wrap=True)


def warn(text: str) -> None:
    """Print a line on what went wrong and does not end the command."""
    CONSOLE.print(text, style="yellow", markup=False, soft_wrap=True)


def answer(text: str) -> None:
    """Print the command's result as it is."""
    _OUT.print(text, markup=False)


def answer_json(value: Any) -> None:
    """Print the command's result for programs."""
    _OUT.file.write(json.dumps(value, indent=2) + "\n")


def answer_table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Print the command's result as a table."""
    # Where rows are of several lines, a rule between them says where one ends.
    table = Table(show_lines=any("\n" in cell for row in rows for cell in row))
    for position, name in enumerate(columns):
        # What a row is called is typed again in the next command, so it is never cut.
        table.add_column(name, no_wrap=position == 0, overflow="fold")
    for row in rows:
        table.add_row(*row)
    _OUT.print(table)


def answer_entries(entries: Sequence[tuple[str, Sequence[str]]]) -> None:
    """Print the command's result as headings, each with sentences that a column is too narrow for.

    Programs that read it find every sentence on a line of its own.
    """
    for heading, sentences in entries:
        _OUT.print(Text(heading, style="bold"))
        for sentence in sentences:
            if _OUT.is_terminal:
                _OUT.print(Padding(Text(sentence), (0, 0, 0, 4)), soft_wrap=False)
            else:
                answer(f"    {sentence}")


@contextmanager
def step(title: str) -> Iterator[None]:
    """Show that something takes time, then how long it took."""
    start = time.monotonic()
    if not CONSOLE.is_terminal:
        say(f"  … {title}")
    with CONSOLE.status(title):
        yield
    say(f"[green]✓[/green] {title} [dim]({time.monotonic() - start:.1f} s)[/dim]")
