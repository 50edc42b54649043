"""A model's overview shows what was measured and what happened on one time axis."""

import csv
import re
from datetime import date, timedelta

import pytest

from modelfleet.console.views.overview import Overview, as_csv, overview
from modelfleet.console.views.period import Period, read_period
from modelfleet.storage import keys
from tests.console_documents import NOW, SPEC, TODAY, Stored, column, performance, tab_html
from tests.hostile import HOSTILE
from tests.serving import put_bundle

BASE = "/prod/console/models/bankchurn"
WEEK = read_period(TODAY - timedelta(days=6), TODAY, TODAY)


@pytest.fixture
def stored() -> Stored:
    """A model that serves version 7, with a week of summaries, and drift since two days ago."""
    made = Stored()
    made.pointer()
    put_bundle(made.artifacts, SPEC, "7")
    days = [
        made.day(TODAY - timedelta(days=back), column("Age", psi=0.5 if back < 3 else 0.01))
        for back in range(7)
    ]
    made.latest(*days, findings=(performance(),))
    return made


def shown(stored: Stored, period: Period = WEEK) -> Overview:
    """What the page shows."""
    return overview(SPEC, stored.documents, lambda: NOW, period, BASE)


def html(found: Overview, period: Period = WEEK) -> str:
    """The rendered page."""
    return tab_html("overview", "", found, found.condition, found.pointer, period)


def test_the_chart_has_every_measurement(stored: Stored) -> None:
    """Performance with its promise, volume, drift with its limit, latency, and errors."""
    chart = str(shown(stored).chart)
    names = re.findall(r'class="name"[^>]*>([^<]*)<', chart)
    assert [name.split(",")[0] for name in names] == [
        "ROC AUC",
        "Predictions",
        "Drift",
        "Latency in ms",
        "Errors (5xx)",
    ]
    assert "promised 0.840" in chart
    assert "limit 0.200" in chart
    assert 'class="band one"' in chart
    assert f'href="{BASE}/drift?day={TODAY}"' in chart


def test_releases_and_rollbacks_are_lines(stored: Stored) -> None:
    """Only what changes what serves is a line; all of it is listed, newest first."""
    stored.record("released", 5)
    stored.record("rolled back", 3, "6")
    stored.record("kept", 2, None)
    stored.record("released", 40, "1")
    found = shown(stored)
    chart = str(found.chart)
    assert chart.count('class="mark') == 2
    assert ">v7<" in chart
    assert ">↩ v6<" in chart
    titles = [event.title for event in found.events]
    assert titles == ["kept", "drift run: alert sent", "v6 rolled back", "v7 released"]
    assert "by ada" in html(found)


def test_a_series_of_findings_is_one_event(stored: Stored) -> None:
    """Drift is an event on its first day, with a link to it."""
    (event,) = shown(stored).events
    assert event.details == ("Age drifted",)
    assert event.drift_day == str(TODAY - timedelta(days=2))
    assert f"day={event.drift_day}" in html(shown(stored))


def test_records_are_read_once(stored: Stored) -> None:
    """A record never changes, so a page reads new ones only."""
    stored.record("released", 5)
    documents = stored.documents
    (first,) = documents.records(SPEC.name).documents
    stored.artifacts.put(keys.release_record(SPEC.name, "run-5"), b"not read again")
    stored.record("kept", 1, None)
    assert [each.outcome for each in documents.records(SPEC.name).documents] == [
        "kept",
        first.outcome,
    ]


def test_the_serving_version_has_a_lineage(stored: Stored) -> None:
    """Data set, run, and who released it; without its bundle, that is said."""
    lineage = dict(shown(stored).lineage)
    assert {"data set", "MLflow run", "released by"} <= lineage.keys()
    assert lineage["released by"] == "ada: better"
    stored.pointer(champion="9")
    assert "bundle" in dict(shown(stored).lineage)


def test_days_without_summaries_are_gaps(stored: Stored) -> None:
    """They are in the table with nothing known, and do not count as days without predictions."""
    found = shown(stored, read_period(TODAY - timedelta(days=9), TODAY, TODAY))
    assert [row.predictions for row in found.rows[:4]] == [None, None, None, 100]
    assert html(found).count('<td class="number">\N{EN DASH}</td>') >= 3


def test_nothing_is_known_yet() -> None:
    """The page says what will appear, and how."""
    found = shown(Stored())
    assert found.chart is None
    assert found.condition.word == "not released"
    text = html(found)
    assert "fleet drift bankchurn" in text
    assert "fleet retrain bankchurn" in text


def test_a_broken_document_hides_no_other(stored: Stored) -> None:
    """The page shows what is readable, and says what is missing."""
    stored.record("released", 5)
    stored.artifacts.put(keys.day_summary(SPEC.name, TODAY), b"{")
    stored.artifacts.put(keys.release_record(SPEC.name, "broken"), b"{")
    found = shown(stored)
    assert len(found.faults) == 2
    assert found.rows[-1].predictions is None
    assert found.rows[0].predictions == 100
    assert "2 documents could not be read" in html(found)


def test_the_data_is_available_as_csv(stored: Stored) -> None:
    """Intervals have columns of their own, and unknown values are empty."""
    found = shown(stored, read_period(TODAY - timedelta(days=7), TODAY, TODAY))
    rows = list(csv.DictReader(as_csv(SPEC, found.rows).splitlines()))
    assert len(rows) == 8
    assert rows[0]["realized_roc_auc"] == ""
    assert rows[-1]["realized_roc_auc_lower"] == "0.82"
    assert rows[-1]["errors"] == "1"


def test_the_range_stays_in_the_address(stored: Stored) -> None:
    """Tabs and presets keep it."""
    text = html(shown(stored))
    assert f'href="{BASE}/drift?from={WEEK.first}&amp;to={TODAY}"' in text
    assert '<a href="?from=2026-01-26&amp;to=2026-02-01" aria-current="true">7 d</a>' in text


@pytest.mark.parametrize("text", [text for text in HOSTILE if text.isprintable()])
def test_text_of_strangers_is_text(stored: Stored, text: str) -> None:
    """Reasons of releases and names of columns open no tag."""
    stored.record("released", 5, reason="plain")
    plain = html(shown(stored))
    stored.record("released", 5, reason=text)
    hostile = html(shown(stored))
    assert hostile.count("<") == plain.count("<")


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        (None, None, 30),
        (None, date(2026, 1, 10), 30),
        (date(2026, 1, 30), None, 3),
        (date(2026, 1, 10), date(2026, 1, 1), 10),
        (date(2020, 1, 1), None, 180),
        (date(2030, 1, 1), date(2031, 1, 1), 1),
        (date.min, date.min, 1),
        (date.max, date.max, 1),
        (None, date.min, 1),
    ],
)
def test_any_range_can_be_asked_for(first: date | None, last: date | None, days: int) -> None:
    """Addresses are edited by hand: order, future, and length do not matter."""
    period = read_period(first, last, TODAY)
    assert period.days == days
    assert period.last <= TODAY
