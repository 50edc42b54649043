"""Evidently's drift report, for people who want more detail."""

import math
import os
from collections import Counter
from collections.abc import Sequence
from typing import Any

# Read when the library is imported: what is compared is nobody else's business.
os.environ.setdefault("DO_NOT_TRACK", "1")

import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset

from modelfleet.adapters.evidently_page import secured
from modelfleet.drift.report_rows import ReportRows
from modelfleet.pages.render import render
from modelfleet.pages.text import CLOSING, OPENING, inert
from modelfleet.spec.features import Column, ColumnKind

# Of a column, over both sides.
MOST_CATEGORIES = 100
# What `inert` makes of no text.
_RARE, _NEW = (f"{OPENING}others {whence}{CLOSING}" for whence in ("of training", "new since"))
_DIGITS = 9
_SMALLEST, _LARGEST = 1e-300, 1e300

_EMPTY = "adapters/evidently_empty.html.j2"


def draw(rows: ReportRows) -> bytes:
    """Draw both sides of a comparison as one HTML page.

    Evidently's own tests, with its own thresholds: they may say otherwise than the decision, which
    rests on all rows. It refuses a column without a single value, and with it the whole page;
    such a column is left out here, because the others must be drawn on just that day. The fleet's
    own summary shows it.

    Columns and categories are whatever callers sent, and Evidently escapes nothing: it sees them as
    text without a meaning, and its page is made anew.

    Parameters
    ----------
    rows
        Few enough to be drawn: the cost grows with rows and columns.

    Raises
    ------
    PageError
        If the page may hold a script that is not Evidently's.
    """
    columns = [column for column in rows.columns if _comparable(column, rows)]
    if not columns:
        return render(_EMPTY, title="Nothing to compare").encode()
    return secured(_page(columns, rows))


def _page(columns: Sequence[Column], rows: ReportRows) -> str:
    definition = DataDefinition(
        categorical_columns=_names(columns, category=True),
        numerical_columns=_names(columns, category=False),
    )
    current, reference = (
        Dataset.from_pandas(side, data_definition=definition) for side in _frames(columns, rows)
    )
    snapshot = Report([DataDriftPreset()]).run(current, reference)
    html: str = snapshot.get_html_str(as_iframe=False)
    return html


def _comparable(column: Column, rows: ReportRows) -> bool:
    sides = (rows.reference[column.name], rows.current[column.name])
    return all(bool(pd.Series(side).notna().any()) for side in sides)


def _frames(columns: Sequence[Column], rows: ReportRows) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The current side and the reference."""
    sides: tuple[dict[str, pd.Series], ...] = ({}, {})
    for column in columns:
        values = _values(column, rows.current[column.name], rows.reference[column.name])
        for side, shown in zip(sides, values, strict=True):
            side[inert(column.name)] = shown
    return pd.DataFrame(sides[0]), pd.DataFrame(sides[1])


def _values(column: Column, *sides: Sequence[Any]) -> list[pd.Series]:
    # As numbers, or as text: where all of a short column are whole, pandas would guess otherwise
    # on one side than on the other.
    if column.kind is not ColumnKind.CATEGORY:
        return [pd.Series(list(map(_number, side)), dtype=float) for side in sides]
    return [pd.Series(side, dtype=object) for side in _categories(*sides)]


def _number(value: float | None) -> float:
    """A number as it can be drawn: bins lie between any two, and their distance is no infinity."""
    if value is None or abs(value) < _SMALLEST:
        return math.nan if value is None else 0.0
    return float(f"{min(max(value, -_LARGEST), _LARGEST):.{_DIGITS}g}")


def _categories(current: Sequence[Any], reference: Sequence[Any]) -> list[list[str | None]]:
    """Each as text, a few of them by themselves; those that training lacks stay apart.

    Callers may send as many as there are rows, and a page of all of them could not be opened.
    """
    # One by one: pandas takes some texts for the same, such as none and a NUL.
    sides = [[None if pd.isna(each) else each for each in side] for side in (current, reference)]
    counts = Counter(each for side in sides for each in side if each is not None)
    shown: dict[str | None, str | None] = {None: None}
    known = set(reference)
    for place, (text, _) in enumerate(counts.most_common()):
        rest = _RARE if text in known else _NEW
        shown[text] = inert(text) if place < MOST_CATEGORIES else rest
    return [[shown[each] for each in side] for side in sides]


def _names(columns: Sequence[Column], *, category: bool) -> list[str]:
    return [inert(c.name) for c in columns if (c.kind is ColumnKind.CATEGORY) == category]
