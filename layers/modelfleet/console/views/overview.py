"""A model's overview: what was measured and what happened, on one time axis."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from markupsafe import Markup

from modelfleet.console.views.condition import Condition, condition
from modelfleet.console.views.documents import Documents, ModelDocuments
from modelfleet.console.views.events import Event, events
from modelfleet.console.views.period import Period
from modelfleet.drift.performance.report import VersionPerformance
from modelfleet.drift.summaries.summary import DaySummary
from modelfleet.pages.numbers import counted, figure, metric_name, with_interval
from modelfleet.pages.time_charts import Line, Mark, Moment, Panel, Timeline
from modelfleet.registry.bundle_store import BundleStore
from modelfleet.registry.manifest import BundleManifest
from modelfleet.registry.pointer import ReleasePointer
from modelfleet.spec.clock import Clock
from modelfleet.spec.errors import BundleError, ObjectNotFoundError
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.results import Estimate
from modelfleet.tables.spreadsheet import write_rows


@dataclass(frozen=True)
class DayRow:
    """A day in the table that is the chart's alternative; `None` for what is not known."""

    day: str
    version: str
    predictions: int | None
    realised: Estimate | None
    expected: Estimate | None
    psi: float | None
    p50_ms: float | None
    p95_ms: float | None
    errors: int | None

    @property
    def text(self) -> str:
        """All that is known of the day, a line each."""
        known = [
            ("version", self.version or None),
            ("predictions", None if self.predictions is None else f"{self.predictions:,}"),
            ("realized", self.realised and with_interval(self.realised)),
            ("expected", self.expected and with_interval(self.expected)),
            ("largest PSI", None if self.psi is None else figure(self.psi)),
            ("p95", None if self.p95_ms is None else f"{figure(self.p95_ms)} ms"),
            ("errors", None if self.errors is None else f"{self.errors:,}"),
        ]
        return "\n".join([self.day, *(f"{name}: {text}" for name, text in known if text)])


@dataclass(frozen=True)
class Overview:
    """A model's overview; `chart` is `None` without any measurement in the period."""

    model: str
    title: str
    description: str
    condition: Condition
    pointer: ReleasePointer | None
    lineage: Sequence[tuple[str, str]]
    metric: str
    chart: Markup | None
    rows: Sequence[DayRow]
    events: Sequence[Event]
    faults: tuple[str, ...]


def overview(
    spec: ModelSpec, documents: Documents, clock: Clock, period: Period, base: str
) -> Overview:
    """Return a model's overview in a period.

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
        Path of the model's pages, for the links of the chart.
    """
    found = documents.model(spec.name)
    read = documents.days(spec.name, period.first, period.last)
    days, records = read.documents, documents.records(spec.name)
    happened = events(days, records.documents)
    rows = [day_row(spec, day) for day in days]
    return Overview(
        model=spec.name,
        title=spec.title,
        description=spec.description,
        condition=condition(found, clock()),
        pointer=found.pointer,
        lineage=_lineage(documents, found),
        metric=metric_name(spec.gate.primary),
        chart=_chart(spec, found, days, rows, happened, base),
        rows=rows,
        events=happened,
        faults=(*read.faults, *records.faults),
    )


def day_row(spec: ModelSpec, day: DaySummary) -> DayRow:
    """Return a day's line; performance is that of the version with the most predictions."""
    traffic, drift, primary = day.traffic, day.drift, spec.gate.primary
    largest: VersionPerformance | None = max(
        day.versions, key=lambda each: each.predictions, default=None
    )
    scores = [each.psi for each in drift.columns if each.psi is not None] if drift else []
    return DayRow(
        day=day.day.isoformat(),
        version=largest.version if largest else "",
        predictions=day.predictions if traffic or largest else None,
        realised=largest.realised.get(primary) if largest else None,
        expected=largest.expected.get(primary) if largest else None,
        psi=max(scores, default=None),
        p50_ms=traffic.p50_ms if traffic else None,
        p95_ms=traffic.p95_ms if traffic else None,
        errors=traffic.errors if traffic else None,
    )


def as_csv(spec: ModelSpec, rows: Sequence[DayRow]) -> str:
    """Return the chart's data as CSV; intervals are columns of their own."""
    text = io.StringIO()
    metric = spec.gate.primary.value
    names = [f"{kind}_{metric}{end}" for kind in _KINDS for end in ("", "_lower", "_upper")]
    columns = ["day", "version", "predictions", *names, "largest_psi", "p50_ms", "p95_ms", "errors"]
    write_rows(text, columns, (dict(zip(columns, _cells(row), strict=True)) for row in rows))
    return text.getvalue()


def _cells(row: DayRow) -> tuple[Any, ...]:
    estimates = (*_ends(row.realised), *_ends(row.expected))
    measured = (row.psi, row.p50_ms, row.p95_ms, row.errors)
    return (row.day, row.version, row.predictions, *estimates, *measured)


_KINDS = ("realized", "expected")


def _ends(estimate: Estimate | None) -> tuple[float | None, ...]:
    if estimate is None:
        return None, None, None
    return estimate.value, estimate.lower, estimate.upper


def _lineage(documents: Documents, found: ModelDocuments) -> Sequence[tuple[str, str]]:
    """Return where the serving version comes from; its bundle may have been deleted."""
    pointer = found.pointer
    if pointer is None:
        return []
    released = ("released by", f"{pointer.written_by}: {pointer.reason}")
    try:
        manifest = BundleStore(documents.artifacts).manifest(pointer.model, pointer.champion)
    except (BundleError, ObjectNotFoundError) as error:
        return [("bundle", str(error)), released]
    return [*_origin(manifest), released]


def _origin(manifest: BundleManifest) -> Iterator[tuple[str, str]]:
    data = manifest.data
    yield "data set", f"{data.dataset_version}, {counted(data.rows, 'row')} ({data.told})"
    yield "estimator", manifest.estimator
    yield "trained", f"{manifest.created_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    yield "MLflow run", manifest.run_id
    if manifest.code_version:
        yield "code", manifest.code_version
    if manifest.trigger:
        yield "trigger", "; ".join([manifest.trigger, *manifest.trigger_evidence])


def _chart(
    spec: ModelSpec,
    found: ModelDocuments,
    days: Sequence[DaySummary],
    rows: Sequence[DayRow],
    happened: Sequence[Event],
    base: str,
) -> Markup | None:
    panels = [panel for panel in _panels(spec, found, rows) if panel.drawn()]
    if not panels:
        return None
    place = {day.day: number for number, day in enumerate(days)}
    marks = [
        Mark(place[event.at.astimezone(UTC).date()], event.mark, event.kind)
        for event in happened
        if event.mark
    ]
    moments = [
        Moment(row.text, f"{base}/drift?day={row.day}" if day.drift else "")
        for row, day in zip(rows, days, strict=True)
    ]
    shown = ", ".join(panel.title for panel in panels)
    summary = f"{spec.name}, {rows[0].day} to {rows[-1].day}: {shown}; vertical lines are releases"
    return Timeline(summary, [day.day for day in days], panels, marks, moments).svg()


def _panels(spec: ModelSpec, found: ModelDocuments, rows: Sequence[DayRow]) -> Iterator[Panel]:
    findings = found.latest.performance if found.latest else ()
    promised = next((each.held_out for each in findings if each.held_out), None)
    limits = [each.limit for each in found.latest.drift.columns] if found.latest else []
    limit = next((each for each in limits if each is not None), None)
    yield Panel(
        title=f"{metric_name(spec.gate.primary)}, with 95% interval",
        lines=[
            Line("expected", _values([row.expected for row in rows]), "two", dashed=True),
            Line("realized", _values([row.realised for row in rows]), "one", band=_bands(rows)),
        ],
        rule=(promised.value, f"promised {figure(promised.value)}") if promised else None,
    )
    yield Panel("Predictions", bars=[row.predictions for row in rows], floor=0.0)
    yield Panel(
        title="Drift, largest PSI of a column",
        lines=[Line("", [row.psi for row in rows])],
        rule=None if limit is None else (limit, f"limit {figure(limit)}"),
        floor=0.0,
    )
    yield Panel(
        title="Latency in ms",
        lines=[
            Line("p50", [row.p50_ms for row in rows], "two"),
            Line("p95", [row.p95_ms for row in rows], "one"),
        ],
        floor=0.0,
    )
    yield Panel("Errors (5xx)", bars=[row.errors for row in rows], floor=0.0)


def _values(estimates: Sequence[Estimate | None]) -> list[float | None]:
    return [None if each is None else each.value for each in estimates]


def _bands(rows: Sequence[DayRow]) -> list[tuple[float, float] | None]:
    return [
        None
        if each is None or each.lower is None or each.upper is None
        else (each.lower, each.upper)
        for each in (row.realised for row in rows)
    ]
