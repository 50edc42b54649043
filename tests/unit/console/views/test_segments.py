"""Segments are shown worst first, by the day's summary alone."""

from datetime import timedelta

import pytest

from modelfleet.console.views.period import read_period
from modelfleet.console.views.segments import SegmentsPage, as_csv, segments_page
from modelfleet.drift.segments.report import (
    GroupRate,
    ProductionSlice,
    RateComparison,
    RateKind,
    SegmentReport,
)
from modelfleet.pages.text import one_line
from modelfleet.spec.metric import Metric
from modelfleet.statistics.results import Estimate
from modelfleet.storage import keys
from tests.console_documents import AUC, NOW, SPEC, TODAY, Stored, tab_html
from tests.hostile import HOSTILE

WEEK = read_period(TODAY - timedelta(days=6), TODAY, TODAY)


def estimate(value: float) -> Estimate:
    """A value with an interval."""
    return Estimate(value=value, lower=value - 0.05, upper=value + 0.05)


def report(name: str = "Germany", metric: Metric = Metric.ROC_AUC) -> SegmentReport:
    """Three slices, one of them too small, and two groups that differ."""
    slices = (
        ProductionSlice(
            column="Geography",
            group="France",
            sensitive=False,
            rows=900,
            estimate=estimate(0.8),
            held_out=AUC,
        ),
        ProductionSlice(
            column="Geography",
            group="Spain",
            sensitive=False,
            rows=30,
            note="fewer than 100 outcomes",
        ),
        ProductionSlice(
            column="Geography", group=name, sensitive=False, rows=300, estimate=estimate(0.6)
        ),
    )
    rates = RateComparison(
        column="Gender",
        kind=RateKind.SELECTION,
        groups=(
            GroupRate(group="Male", rows=500, rate=estimate(0.4)),
            GroupRate(group="Female", rows=400, rate=estimate(0.2)),
            GroupRate(group="missing", rows=None, note="fewer than 100 predictions"),
        ),
        higher="Male",
        lower="Female",
        difference=Estimate(value=0.2, lower=0.15, upper=0.25),
        ratio=estimate(0.5),
        limit=0.1,
    )
    return SegmentReport(
        version="7",
        start=NOW - timedelta(days=7),
        end=NOW,
        metric=metric,
        slices=slices,
        rates=(rates,),
        comparisons=1,
    )


def shown(found: SegmentReport | None, metric: str = "") -> SegmentsPage:
    """What the page shows of a day with these segments."""
    stored = Stored()
    stored.pointer()
    day = stored.day(TODAY).model_copy(update={"segments": found})
    stored.artifacts.put(keys.day_summary(SPEC.name, TODAY), day.to_json())
    return segments_page(SPEC, stored.documents, lambda: NOW, WEEK, metric=metric)


def html(found: SegmentsPage) -> str:
    """The rendered page."""
    return tab_html("segments", "/segments", found, found.condition, found.pointer, WEEK)


@pytest.mark.parametrize(
    ("metric", "order"),
    [
        (Metric.ROC_AUC, ["Germany", "France", "Spain"]),
        (Metric.BRIER, ["France", "Germany", "Spain"]),
    ],
)
def test_the_worst_slice_is_first(metric: Metric, order: list[str]) -> None:
    """Which end is worse depends on the metric, and what was not measured comes last."""
    assert [each.group for each in shown(report(metric=metric)).segments] == order


def test_a_rate_is_a_measure_of_its_own() -> None:
    """The address chooses it; anything else shows the slices."""
    rates = shown(report(), "selection_rate")
    assert [each.group for each in rates.segments] == ["Female", "Male", "missing"]
    assert shown(report(), "nonsense").chosen == "roc_auc"


def test_the_page_names_the_pair_and_the_limit() -> None:
    """The difference is marked in words, and a held-out value is next to the slice."""
    text = html(shown(report()))
    assert "▲ above the limit" in text
    assert "0.500 (0.450\N{EN DASH}0.550)" in text
    assert "0.800 (0.750\N{EN DASH}0.850)" in text
    assert "fewer than 100 outcomes" in text


def test_days_without_segments_say_how_to_get_them() -> None:
    """Summaries from before segments were measured have a page too."""
    assert "fleet drift bankchurn --wait" in html(shown(None))
    assert as_csv(None).splitlines() == [
        "measure,column,group,rows,value,lower,upper,held_out,note"
    ]


def test_the_csv_has_all_measures() -> None:
    """One line for each segment of each measure; a small group has no numbers."""
    lines = as_csv(report()).splitlines()
    assert len(lines) == 1 + 3 + 3
    assert lines[1] == "roc_auc,Geography,France,900,0.8,0.75,0.8500000000000001,0.84,"
    assert lines[-1] == "selection_rate,Gender,missing,,,,,,fewer than 100 predictions"


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_shown_as_they_are(name: str) -> None:
    """A group may be called anything that a file can hold."""
    text = html(shown(report(one_line(name, 200))))
    assert "<script" not in text.replace("<script src", "")
    assert "<img" not in text
