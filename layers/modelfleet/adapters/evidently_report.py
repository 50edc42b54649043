"""Evidently's drift report, a detailed supplement to the summary."""

import math
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

# Read when Evidently is imported: disables its telemetry.
os.environ.setdefault("DO_NOT_TRACK", "1")

import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset

from modelfleet.adapters.evidently_page import secured
from modelfleet.drift.report import DriftReport
from modelfleet.drift.report_rows import ReportRows
from modelfleet.pages.numbers import counted
from modelfleet.pages.render import render
from modelfleet.pages.text import CLOSING, OPENING, inert
from modelfleet.spec.features import Column, ColumnKind

# Per column, over both sides.
MOST_CATEGORIES = 100
# `inert` never returns these texts.
_RARE, _NEW = (f"{OPENING}other {kind} categories{CLOSING}" for kind in ("training", "new"))
_DIGITS = 9
_SMALLEST, _LARGEST = 1e-300, 1e300

_NAMED = 8

_EMPTY = "adapters/evidently_empty.html.j2"


class Verdict(NamedTuple):
    """Evidently's verdict: drifted columns of all, and whether their share reaches the limit."""

    drifted: int
    columns: int
    limit: float
    detected: bool


def draw(title: str, report: DriftReport, rows: ReportRows) -> bytes:
    """Draw both sides of a comparison as one HTML page.

    The page shows Evidently's own tests and thresholds, which may disagree with the drift decision
    based on all rows, so it has both verdicts and the reason at the top. Evidently fails on a
    column without any value, so such a column is left out; the summary shows it.

    Column names and categories are untrusted input, and Evidently does not escape them: they are
    made inert first, and the page is rebuilt.

    Parameters
    ----------
    title
        Title of the model.
    report
        The run's own findings.
    rows
        A sample of rows; the cost grows with rows and columns.

    Raises
    ------
    PageError
        If the page might contain a script that is not Evidently's.
    """
    columns = [column for column in rows.columns if _comparable(column, rows)]
    if not columns:
        return render(_EMPTY, title=title, report=report).encode()
    page, verdict = _page(columns, rows)
    return secured(page, title, report, _verdicts(report, rows, verdict))


def _page(columns: Sequence[Column], rows: ReportRows) -> tuple[str, Verdict]:
    """Return Evidently's page, and its verdict."""
    definition = DataDefinition(
        categorical_columns=_names(columns, category=True),
        numerical_columns=_names(columns, category=False),
    )
    current, reference = (
        Dataset.from_pandas(side, data_definition=definition) for side in _frames(columns, rows)
    )
    snapshot = Report([DataDriftPreset()]).run(current, reference)
    html: str = snapshot.get_html_str(as_iframe=False)
    return html, _verdict(snapshot.dict(), len(columns))


def _verdict(found: Mapping[str, Any], columns: int) -> Verdict:
    """Read Evidently's verdict from its result; its threshold counts as exceeded if reached."""
    (count,) = (each for each in found["metrics"] if "drift_share" in each["config"])
    value, limit = count["value"], float(count["config"]["drift_share"])
    return Verdict(int(value["count"]), columns, limit, float(value["share"]) >= limit)


def _verdicts(
    report: DriftReport, rows: ReportRows, verdict: Verdict
) -> list[tuple[str, str, str]]:
    """Return the table of both verdicts: what, by the run, and by Evidently."""
    drifted = ", ".join(inert(each.name) for each in report.drifted[:_NAMED]) or "none"
    hidden = len(report.drifted) - _NAMED
    more = f" and {hidden} more" if hidden > 0 else ""
    sampled = max((len(side) for side in rows.current.values()), default=0)
    trained = max((len(side) for side in rows.reference.values()), default=0)
    return [
        ("verdict", str(report.status), "drift" if verdict.detected else "no drift"),
        (
            "drifted",
            f"{drifted}{more}",
            f"{verdict.drifted} of {counted(verdict.columns, 'column')}",
        ),
        (
            "rows",
            f"all {report.current_rows:,} predictions, and the profile of "
            f"{report.reference_rows:,} training rows",
            f"a sample of {sampled:,} predictions and {trained:,} training rows",
        ),
        (
            "drift of a column",
            "an effect above the spec's limit, and a p-value that holds after the correction for "
            "all tests",
            "one test by kind and number of rows: p below 0.05, or a distance above 0.1",
        ),
        (
            "drift of the data",
            "a watched column, or the prediction, has drifted",
            f"at least {verdict.limit:.0%} of the columns have drifted",
        ),
    ]


def _comparable(column: Column, rows: ReportRows) -> bool:
    sides = (rows.reference[column.name], rows.current[column.name])
    return all(bool(pd.Series(side).notna().any()) for side in sides)


def _frames(columns: Sequence[Column], rows: ReportRows) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return data frames of the current side and the reference."""
    sides: tuple[dict[str, pd.Series], ...] = ({}, {})
    for column in columns:
        values = _values(column, rows.current[column.name], rows.reference[column.name])
        for side, shown in zip(sides, values, strict=True):
            side[inert(column.name)] = shown
    return pd.DataFrame(sides[0]), pd.DataFrame(sides[1])


def _values(column: Column, *sides: Sequence[Any]) -> list[pd.Series]:
    # With explicit types: pandas might infer integers on one side of a short column and floats on
    # the other.
    if column.kind is not ColumnKind.CATEGORY:
        return [pd.Series(list(map(_number, side)), dtype=float) for side in sides]
    return [pd.Series(side, dtype=object) for side in _categories(*sides)]


def _number(value: float | None) -> float:
    """Round and clip a number so that bins are distinct and their widths finite."""
    if value is None or abs(value) < _SMALLEST:
        return math.nan if value is None else 0.0
    return float(f"{min(max(value, -_LARGEST), _LARGEST):.{_DIGITS}g}")


def _categories(current: Sequence[Any], reference: Sequence[Any]) -> list[list[str | None]]:
    """Make categories inert and group rare ones, keeping those not seen in training separate.

    Callers could send a different category in every row, and a page with all of them could not be
    opened.
    """
    # In plain Python: pandas treats some texts as equal, such as an empty string and NUL.
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
