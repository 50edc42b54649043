"""What an attack achieved, as one row of a table."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Result:
    """One attack.

    `count` is how many attempts were made. `server_errors` are 5xx answers and dropped connections
    of our functions, `engine_errors` those of the local engine's gateway. `lost` counts what was
    acknowledged and is not there, `duplicated` what readers see twice, `executed` what an attacker
    got done that must not be possible: code that ran, a release, a stored forgery, a traceback.
    `notes` says what was seen, one line each.
    """

    attack: str
    count: int = 0
    server_errors: int = 0
    engine_errors: int = 0
    lost: int = 0
    duplicated: int = 0
    executed: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def survived(self) -> bool:
        """Whether nothing of ours failed."""
        return not (self.server_errors or self.lost or self.duplicated or self.executed)


_START, _END = "<!-- attack: make attack -->", "<!-- attack: end -->"
HEADERS = ("attack", "count", "5xx", "engine 5xx", "lost", "duplicated", "executed")


def write(page: Path, results: Iterable[Result]) -> None:
    """Put the table into a page, between the marks of this command.

    Raises
    ------
    ValueError
        If the page has no such marks.
    """
    before, start, rest = page.read_text("utf-8").partition(_START)
    _, end, after = rest.partition(_END)
    if not end:
        raise ValueError(f"{page} lacks {_START} or {_END}")
    rows = [HEADERS, ("---", *("--:" for _ in HEADERS[1:])), *map(_row, results)]
    lines = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    page.write_text(f"{before}{start}\n{lines}\n{end}{after}", "utf-8")


def table(results: Iterable[Result]) -> str:
    """Lay the results out as text that fits 80 columns."""
    rows = [HEADERS, *(_row(result) for result in results)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(HEADERS))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _row(result: Result) -> tuple[str, ...]:
    numbers = (
        result.count,
        result.server_errors,
        result.engine_errors,
        result.lost,
        result.duplicated,
        result.executed,
    )
    return (result.attack, *(f"{number:,}" for number in numbers))
