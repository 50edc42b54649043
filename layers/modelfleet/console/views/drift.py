"""A model's drift: columns by day, and one column then and now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

from markupsafe import Markup

from modelfleet.console.views.condition import Condition, condition
from modelfleet.console.views.documents import Documents
from modelfleet.console.views.neighbors import REPORT_NAMES
from modelfleet.console.views.period import Period
from modelfleet.drift.report import ColumnDrift, Distribution, Finding
from modelfleet.drift.reports import read_report
from modelfleet.drift.summaries.summary import ColumnSummary, DaySummary, DriftSummary
from modelfleet.pages.heat_map import HeatMap, HeatRow
from modelfleet.pages.numbers import counted, figure
from modelfleet.pages.outlines import two_outlines
from modelfleet.pages.time_charts import Line, Moment, Panel, Timeline
from modelfleet.registry.pointer import ReleasePointer
from modelfleet.spec.clock import Clock
from modelfleet.spec.errors import DriftStateError
from modelfleet.spec.model import ModelSpec

# The columns that count are among the first; a map of a thousand rows shows nothing.
SHOWN_COLUMNS = 30
_NAMED = 5


@dataclass(frozen=True)
class RankedColumn:
    """A column on the chosen day, with its rank's score: importance times PSI over its limit."""

    column: ColumnSummary
    score: float
    link: str


@dataclass(frozen=True)
class ColumnPage:
    """One column on the chosen day: both distributions, its trend, and its tests."""

    name: str
    outlines: Markup
    trend: Markup
    bins: Sequence[tuple[str, float, float]]
    tests: Sequence[Finding]


@dataclass(frozen=True)
class DriftPage:
    """A model's drift in a period; `map` is `None` without a drift run with columns in it.

    `run` is that of the chosen day, and `files` the pages that it left, by name. `hidden` columns
    rank too low to be shown.
    """

    condition: Condition
    pointer: ReleasePointer | None
    map: Markup | None
    day: date | None
    days: Sequence[date]
    run: DriftSummary | None
    ranked: Sequence[RankedColumn]
    hidden: int
    column: ColumnPage | None
    fault: str
    files: Sequence[str]
    faults: tuple[str, ...]


def drift_page(
    spec: ModelSpec,
    documents: Documents,
    clock: Clock,
    period: Period,
    base: str,
    *,
    day: date | None = None,
    column: str = "",
) -> DriftPage:
    """Return a model's drift.

    Parameters
    ----------
    spec
        The model.
    documents
        Reads its documents.
    clock
        Returns the current time.
    period
        The days to show.
    base
        Path of this page, for links.
    day
        The chosen day; by default, or without a run on it, the last day with one.
    column
        The chosen column; by default, none.
    """
    found, read = documents.model(spec.name), documents.days(spec.name, period.first, period.last)
    runs = {each.day: each.drift for each in read.documents if each.drift is not None}
    chosen = day if day in runs else max(runs, default=None)
    run = runs[chosen] if chosen else None
    address = f"{base}?{period.query}"
    ranked = _ranked(run, f"{address}&day={chosen}") if run else []
    shown = ranked[:SHOWN_COLUMNS]
    detail, fault = _column(documents, run, read.documents, column)
    return DriftPage(
        condition=condition(found, clock()),
        pointer=found.pointer,
        map=_map(spec, read.documents, shown, address, chosen, column) if shown else None,
        day=chosen,
        days=sorted(runs, reverse=True),
        run=run,
        ranked=shown,
        hidden=len(ranked) - len(shown),
        column=detail,
        fault=fault,
        files=_files(documents, run) if run else (),
        faults=read.faults,
    )


def run_of_day(documents: Documents, model: str, day: date) -> DriftSummary | None:
    """Return the drift run of a day, if there was one."""
    (found,) = documents.days(model, day, day).documents
    return found.drift


def _ranked(run: DriftSummary, address: str) -> list[RankedColumn]:
    """Rank columns: predictions, drifted features, others; each by importance times drift.

    Without any importance, as in older versions, all columns are equally important.
    """
    known = any(each.importance for each in run.columns)
    found = [
        RankedColumn(each, _score(each, known), f"{address}&column={quote(each.name, safe='')}")
        for each in (*run.predictions, *run.columns)
    ]
    features = found[len(run.predictions) :]
    features.sort(key=_first)
    return [*found[: len(run.predictions)], *features]


def _first(each: RankedColumn) -> tuple[bool, float, float, str]:
    """Order columns: a drifted one is never below a stable one, however little it matters."""
    column = each.column
    return not column.drifted, -each.score, -(column.psi or 0.0), column.name


def _score(column: ColumnSummary, known: bool) -> float:
    importance = max(0.0, column.importance or 0.0) if known else 1.0
    return importance * (_share(column) or 0.0)


def _share(column: ColumnSummary | None) -> float | None:
    """Return a column's PSI as a share of its limit."""
    if column is None or column.psi is None or not column.limit:
        return None
    return max(0.0, column.psi) / column.limit


def _by_name(day: DaySummary) -> dict[str, ColumnSummary]:
    run = day.drift
    # A feature may have the same name as the predictions.
    return {each.name: each for each in (*run.columns, *run.predictions)} if run else {}


def _map(
    spec: ModelSpec,
    days: Sequence[DaySummary],
    ranked: Sequence[RankedColumn],
    address: str,
    chosen: date | None,
    column: str,
) -> Markup:
    known = [_by_name(day) for day in days]
    rows = [
        HeatRow(
            name=each.column.name,
            link=each.link,
            values=[_share(columns.get(each.column.name)) for columns in known],
            chosen=each.column.name == column,
        )
        for each in ranked
    ]
    kept = f"&column={quote(column, safe='')}" if column else ""
    moments = [
        Moment(_told(day), f"{address}&day={day.day}{kept}" if day.drift else "") for day in days
    ]
    place = next((number for number, day in enumerate(days) if day.day == chosen), None)
    words = f"PSI of {counted(len(rows), 'column')} as a share of its limit"
    summary = f"{spec.name}, {days[0].day} to {days[-1].day}: {words}; stronger color is more drift"
    return HeatMap(summary, [day.day for day in days], rows, moments, place).svg()


def _told(day: DaySummary) -> str:
    """Return what hovering a day says."""
    if day.drift is None:
        return f"{day.day}: no drift run"
    found = sorted(_by_name(day).values(), key=lambda each: -(_share(each) or 0.0))
    lines = [
        f"{each.name}: PSI {figure(each.psi)}" for each in found[:_NAMED] if each.psi is not None
    ]
    return "\n".join([f"{day.day}: {day.drift.status}", *(lines or [day.drift.reason])])


def _column(
    documents: Documents, run: DriftSummary | None, days: Sequence[DaySummary], name: str
) -> tuple[ColumnPage | None, str]:
    """Return the chosen column, or why it cannot be shown."""
    if run is None or not name:
        return None, ""
    try:
        report = read_report(documents.artifacts, run.report)
    except DriftStateError as error:
        return None, str(error)
    columns = (*report.columns, *report.answers)
    found = next((each for each in columns if each.name == name), None)
    if found is None:
        return None, f"The run of this day did not compare a column {name}."
    return _page(found, days), ""


def _page(column: ColumnDrift, days: Sequence[DaySummary]) -> ColumnPage:
    then, now = column.reference, column.current
    words = f"{column.name}: shares of its values in training and in the run's window"
    summaries = [_by_name(day).get(column.name) for day in days]
    limit = next((each.limit for each in summaries if each and each.limit), None)
    trend = Timeline(
        f"{column.name}: PSI by day",
        [day.day for day in days],
        [
            Panel(
                "PSI by day",
                [Line("", [each.psi if each else None for each in summaries])],
                rule=None if limit is None else (limit, f"limit {figure(limit)}"),
                floor=0.0,
            )
        ],
    )
    return ColumnPage(
        name=column.name,
        outlines=two_outlines(
            words, then.labels, ("training", then.shares), ("this run", now.shares)
        ),
        trend=trend.svg(),
        bins=_bins(then, now),
        tests=column.findings,
    )


def _bins(then: Distribution, now: Distribution) -> list[tuple[str, float, float]]:
    return list(zip(then.labels, then.shares, now.shares, strict=True))


def _files(documents: Documents, run: DriftSummary) -> list[str]:
    stored = {key.rpartition("/")[2] for key in documents.artifacts.keys(run.report)}
    return [name for name in REPORT_NAMES if name in stored]
