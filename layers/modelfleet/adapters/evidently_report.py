"""Evidently's report on drift, for people who want to look closer."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

# Read when the library is imported: what is compared is nobody else's business.
os.environ.setdefault("DO_NOT_TRACK", "1")

import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset

from modelfleet.domain.features import Column, ColumnKind
from modelfleet.domain.report_rows import ReportRows

_NOTHING = b"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Nothing to draw</title></head>
<body><p>No column has a value both in training and in the window, so Evidently has nothing to
compare. The summary beside this page says what was found.</p></body></html>
"""


def draw(rows: ReportRows) -> bytes:
    """Draw both sides of a comparison as one HTML page.

    Evidently's own tests, with its own thresholds: they may say otherwise than the decision, which
    rests on all rows. It refuses a column without a single value, and with it the whole page;
    such a column is left out here, because the others must be drawn on just that day. The fleet's
    own summary shows it.

    Parameters
    ----------
    rows
        Few enough to be drawn: the cost grows with rows and columns.
    """
    columns = [column for column in rows.columns if _comparable(column, rows)]
    if not columns:
        return _NOTHING
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
    return html.encode()


def _comparable(column: Column, rows: ReportRows) -> bool:
    sides = (rows.reference[column.name], rows.current[column.name])
    return all(bool(pd.Series(side).notna().any()) for side in sides)


def _frame(columns: Sequence[Column], side: Mapping[str, Any]) -> pd.DataFrame:
    # As numbers, or as text: where all of a short column are whole, pandas would guess otherwise
    # on one side than on the other.
    kinds = {c.name: object if c.kind is ColumnKind.CATEGORY else float for c in columns}
    return pd.DataFrame({name: pd.Series(side[name], dtype=kind) for name, kind in kinds.items()})


def _names(columns: Sequence[Column], *, category: bool) -> list[str]:
    return [c.name for c in columns if (c.kind is ColumnKind.CATEGORY) == category]
