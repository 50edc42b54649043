"""Evidently's report on drift, for people who want to look closer."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

# Read when the library is imported: what is compared is nobody else's business.
os.environ.setdefault("DO_NOT_TRACK", "1")

import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset

from modelfleet.adapters.evidently_page import secured
from modelfleet.domain import page_policy
from modelfleet.domain.features import Column, ColumnKind
from modelfleet.domain.page_text import inert
from modelfleet.domain.report_rows import ReportRows

_NOTHING = f"""{page_policy.opening(page_policy.PAGE)}<meta charset="utf-8">
<title>Nothing to draw</title></head>
<body><p>No column has a value both in training and in the window, so Evidently has nothing to
compare. The summary beside this page says what was found.</p></body></html>
""".encode()


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
        return _NOTHING
    return secured(_page(columns, rows))


def _page(columns: Sequence[Column], rows: ReportRows) -> str:
    definition = DataDefinition(
        categorical_columns=_names(columns, category=True),
        numerical_columns=_names(columns, category=False),
    )
    current, reference = (
        Dataset.from_pandas(_frame(columns, side), data_definition=definition)
        for side in (rows.current, rows.reference)
    )
    snapshot = Report([DataDriftPreset()]).run(current, reference)
    html: str = snapshot.get_html_str(as_iframe=False)
    return html


def _comparable(column: Column, rows: ReportRows) -> bool:
    sides = (rows.reference[column.name], rows.current[column.name])
    return all(bool(pd.Series(side).notna().any()) for side in sides)


def _frame(columns: Sequence[Column], side: Mapping[str, Any]) -> pd.DataFrame:
    # As numbers, or as text: where all of a short column are whole, pandas would guess otherwise
    # on one side than on the other.
    return pd.DataFrame({inert(c.name): _values(c, side[c.name]) for c in columns})


def _values(column: Column, side: Sequence[Any]) -> pd.Series:
    if column.kind is not ColumnKind.CATEGORY:
        return pd.Series(side, dtype=float)
    # One by one: pandas takes some texts for the same, such as none and a NUL.
    shown = [None if pd.isna(value) else inert(value) for value in side]
    return pd.Series(shown, dtype=object)


def _names(columns: Sequence[Column], *, category: bool) -> list[str]:
    return [inert(c.name) for c in columns if (c.kind is ColumnKind.CATEGORY) == category]
