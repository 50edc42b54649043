"""A model's slices and groups, worst first."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from modelfleet.console.views.condition import Condition, condition
from modelfleet.console.views.documents import Documents
from modelfleet.console.views.period import Period
from modelfleet.drift.segments.report import RateComparison, RateKind, SegmentReport
from modelfleet.pages.intervals import IntervalScale
from modelfleet.pages.numbers import metric_name
from modelfleet.registry.pointer import ReleasePointer
from modelfleet.spec.clock import Clock
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.results import Estimate
from modelfleet.tables.spreadsheet import write_rows

_COLUMNS = ("measure", "column", "group", "rows", "value", "lower", "upper", "held_out", "note")


@dataclass(frozen=True)
class Segment:
    """One group of rows with a measure; `rows` and `estimate` are `None` if it is too small."""

    column: str
    group: str
    rows: int | None
    estimate: Estimate | None
    held_out: Estimate | None = None
    fault: str = ""
    note: str = ""
    image: Markup | None = None


@dataclass(frozen=True)
class SegmentsPage:
    """A model's segments on one day.

    `measures` are the values of `metric` in the address with their names; `chosen` is the shown
    one, and `segments` are its groups, worst first. `report` is `None` without a run in the days.
    """

    condition: Condition
    pointer: ReleasePointer | None
    day: date | None
    days: Sequence[date]
    report: SegmentReport | None
    measures: Sequence[tuple[str, str]]
    chosen: str
    segments: Sequence[Segment]
    rates: Sequence[RateComparison]
    faults: tuple[str, ...]

    @property
    def chosen_name(self) -> str:
        """Name of the shown measure."""
        return dict(self.measures).get(self.chosen, "")


def segments_page(
    spec: ModelSpec,
    documents: Documents,
    clock: Clock,
    period: Period,
    *,
    day: str = "",
    metric: str = "",
) -> SegmentsPage:
    """Return a model's segments as one nightly run measured them.

    Parameters
    ----------
    spec
        The model.
    documents
        Reads its documents.
    clock
        Returns the current time.
    period
        The days to choose from.
    day
        The chosen day as text; by default, or without a run on it, the last day with one.
    metric
        The chosen measure: the slice metric, which is the default, or the name of a rate.
    """
    found, read = documents.model(spec.name), documents.days(spec.name, period.first, period.last)
    runs = {each.day: each.segments for each in read.documents if each.segments is not None}
    named = {each.isoformat(): each for each in runs}
    last = named.get(day) or max(runs, default=None)
    report = runs[last] if last else None
    measures = _measures(report) if report else []
    known = [name for name, _ in measures]
    chosen = metric if metric in known else next(iter(known), "")
    return SegmentsPage(
        condition=condition(found, clock()),
        pointer=found.pointer,
        day=last,
        days=sorted(runs, reverse=True),
        report=report,
        measures=measures,
        chosen=chosen,
        segments=_worst_first(report, chosen) if report else (),
        rates=sorted(report.rates, key=_most_unequal) if report else (),
        faults=read.faults,
    )


def as_csv(report: SegmentReport | None) -> str:
    """Return all segments of all measures as CSV."""
    text = io.StringIO()
    rows = (
        dict(zip(_COLUMNS, (name, *_cells(each)), strict=True))
        for name, _ in (_measures(report) if report else ())
        for each in (_segments(report, name) if report else ())
    )
    write_rows(text, _COLUMNS, rows)
    return text.getvalue()


def _cells(each: Segment) -> tuple[object, ...]:
    value, held_out = each.estimate, each.held_out
    ends = (value.value, value.lower, value.upper) if value else (None, None, None)
    known = (each.column, each.group, each.rows, *ends)
    return (*known, held_out.value if held_out else None, each.fault or each.note)


def _measures(report: SegmentReport) -> list[tuple[str, str]]:
    sliced = [(str(report.metric), metric_name(report.metric))] if report.metric else []
    kinds = [kind for kind in RateKind if any(each.kind is kind for each in report.rates)]
    return [*sliced, *((kind.value, kind.shown) for kind in kinds)]


def _segments(report: SegmentReport, measure: str) -> Iterator[Segment]:
    if measure == report.metric:
        for each in report.slices:
            yield Segment(
                column=each.column,
                group=each.group,
                rows=each.rows,
                estimate=each.estimate,
                held_out=each.held_out,
                fault=each.fault,
                note=each.note,
            )
    for compared in report.rates:
        if compared.kind == measure:
            for group in compared.groups:
                yield Segment(compared.column, group.group, group.rows, group.rate, note=group.note)


def _worst_first(report: SegmentReport, measure: str) -> list[Segment]:
    """Order segments: beyond a limit, worst value, and last what could not be measured."""
    metric = report.metric if measure == report.metric else None
    sign = 1.0 if metric is None or metric.higher_is_better else -1.0
    found = sorted(
        _segments(report, measure),
        key=lambda each: (
            not each.fault,
            each.estimate is None,
            sign * each.estimate.value if each.estimate else 0.0,
        ),
    )
    scale = IntervalScale(value for each in found for value in _drawn(each))
    return [_with_image(each, scale) for each in found]


def _with_image(each: Segment, scale: IntervalScale) -> Segment:
    if each.estimate is None:
        return each
    held_out = each.held_out.value if each.held_out else None
    image = scale.draw(each.estimate, held_out, bad=bool(each.fault))
    return Segment(**{**vars(each), "image": image})


def _drawn(each: Segment) -> Iterator[float]:
    value, held_out = each.estimate, each.held_out
    if value is not None:
        ends = (value.value, value.lower, value.upper, held_out.value if held_out else None)
        yield from (end for end in ends if end is not None)


def _most_unequal(each: RateComparison) -> tuple[bool, float]:
    return not each.exceeded, -((each.difference.lower or 0.0) if each.difference else -1.0)
