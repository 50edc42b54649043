"""The fleet page answers first whether anything is wrong, and with which model."""

from datetime import timedelta

import pytest

from modelfleet.console.views.condition import condition
from modelfleet.console.views.documents import ModelDocuments
from modelfleet.console.views.fleet import ROWS_OF_A_PAGE, FleetPage, Sort, fleet_page
from modelfleet.drift.performance.report import Basis
from modelfleet.drift.report import DriftStatus
from modelfleet.drift.state import DriftAction
from modelfleet.pages.render import render
from modelfleet.registry.pointer import Challenger
from modelfleet.spec.model import ModelSpec
from modelfleet.storage import keys
from tests.console_documents import (
    NOW,
    SPEC,
    TODAY,
    Shell,
    Stored,
    column,
    drift_run,
    named,
    performance,
)
from tests.hostile import HOSTILE

DRIFTED = drift_run(TODAY, column("Age", psi=0.5), column("Balance", psi=0.3))


@pytest.fixture
def stored() -> Stored:
    """Documents of a model that serves and was checked last night."""
    made = Stored()
    made.pointer()
    made.latest(made.day(), findings=(performance(),))
    return made


def found(stored: Stored) -> ModelDocuments:
    """What is stored of the model."""
    return stored.documents.model(SPEC.name)


def page(stored: Stored, *models: ModelSpec, **wanted: object) -> FleetPage:
    """The page of these models."""
    by_name = {each.name: each for each in models or (SPEC,)}
    return fleet_page(by_name, stored.documents, NOW, **wanted)  # type: ignore[arg-type]  # by name


def html(shown: FleetPage, search: str = "", sort: Sort = "state") -> str:
    """The rendered page."""
    values = {"title": "Fleet", "section": "fleet", "fleet": shown, "now": NOW}
    template = "console/templates/fleet.html.j2"
    return render(template, view=Shell(), search=search, sort=sort, **values)


def test_a_quiet_model(stored: Stored) -> None:
    """It is ok, with its version, its traffic, and its performance next to the promised one."""
    (row,) = page(stored).rows
    assert (row.condition.word, row.version, row.traffic) == ("ok", "7", 100)
    assert row.performance is not None
    assert row.performance.value == "0.840 (0.820\N{EN DASH}0.860)"
    assert (row.performance.promised, row.performance.basis) == ("0.840", "realized")
    text = html(page(stored))
    assert "● ok" in text
    assert "<title>100 predictions in 7 days; by day: 0, 0, 0, 0, 0, 0, 100</title>" in text


def test_degraded_performance_outranks_drift(stored: Stored) -> None:
    """Of several findings, the state is the most serious, and says since when."""
    stored.alert()
    stored.latest(drift=DRIFTED, findings=(performance(), performance(degraded=True)))
    shown = condition(found(stored), NOW)
    assert (shown.word, shown.kind) == ("degraded", "bad")
    assert shown.since == NOW - timedelta(days=3)
    assert "▼ worse than allowed" in html(page(stored))


def test_drift_names_its_columns(stored: Stored) -> None:
    """The first column is named, and the others are counted."""
    stored.latest(drift=DRIFTED)
    (row,) = page(stored).rows
    assert (row.condition.word, row.drifted) == ("drift", ("Age", "Balance"))
    assert "Age drifted" in row.condition.reason
    assert '<span class="soft">+1</span>' in html(page(stored))


def test_a_release_in_flight(stored: Stored) -> None:
    """Where nothing is wrong, the state is the trial, with both versions."""
    stored.pointer(challenger=Challenger(version="8", share=0.1))
    (row,) = page(stored).rows
    assert (row.condition.word, row.condition.kind) == ("canary", "busy")
    assert row.challenger == "8 (10%)"


@pytest.mark.parametrize(
    ("status", "word"),
    [(DriftStatus.INSUFFICIENT_DATA, "too few data"), (DriftStatus.FAULT, "fault")],
)
def test_an_unknown_state_is_not_a_good_one(stored: Stored, status: DriftStatus, word: str) -> None:
    """A run that could not tell is neither ok nor drift."""
    stored.latest(drift=DRIFTED.model_copy(update={"status": status, "action": DriftAction.NONE}))
    assert condition(found(stored), NOW).word == word


def test_a_missing_nightly_run_is_noticed(stored: Stored) -> None:
    """Without a run in more than a day, an old result does not count as ok."""
    stored.latest(drift=drift_run(TODAY - timedelta(days=2), column("Age")))
    assert condition(found(stored), NOW).word == "no drift run"


def test_before_the_first_release_and_the_first_run() -> None:
    """New models have states of their own."""
    stored = Stored()
    assert condition(found(stored), NOW).word == "not released"
    stored.pointer()
    assert condition(found(stored), NOW).word == "new"
    (row,) = page(stored).rows
    assert (row.spark, row.performance) == (None, None)
    html(page(stored))


def test_a_broken_document_hides_no_other(stored: Stored) -> None:
    """What is unreadable is the state; the rest of the row is shown."""
    stored.artifacts.put(keys.latest_summary(SPEC.name), b"{")
    (row,) = page(stored).rows
    assert (row.condition.word, row.version) == ("unreadable", "7")
    assert "fleet drift bankchurn" in row.condition.reason


def test_expected_performance_is_called_so(stored: Stored) -> None:
    """Before outcomes are reported, the estimate from scores is shown as one."""
    stored.latest(findings=(performance(basis=Basis.EXPECTED),))
    assert "expected, promised 0.840" in html(page(stored))


def test_the_worst_comes_first(stored: Stored) -> None:
    """An acknowledged model needs no attention and comes after those that nobody looks after."""
    names = ("quiet", "seen", "alarming", "waiting")
    for name in names:
        stored.pointer(name)
    stored.latest(model="quiet")
    for name in ("seen", "alarming"):
        stored.latest(model=name, drift=DRIFTED)
    stored.alert("seen", by="ada")
    stored.alert("alarming")
    shown = page(stored, *map(named, names))
    assert [row.model for row in shown.rows] == ["alarming", "seen", "quiet", "waiting"]
    assert (shown.attention, shown.quiet) == (1, 3)
    assert shown.rows[1].alert == "acknowledged by ada"


def test_search_sort_and_pages() -> None:
    """Two hundred models are searched by name and title, sorted, and shown in pages."""
    models = [named(f"m{number}", f"Number {number}") for number in range(200)]
    stored = Stored()
    shown = page(stored, *models, sort="model", number=2)
    assert (shown.total, shown.pages, len(shown.rows)) == (200, 8, ROWS_OF_A_PAGE)
    assert shown.rows[0].model == sorted(each.name for each in models)[ROWS_OF_A_PAGE]
    assert page(stored, *models, number=99).number == 8
    text = html(shown, sort="model")
    assert 'href="/prod/console?q=&amp;sort=model&amp;page=3" rel="next"' in text
    assert [row.model for row in page(stored, *models, search=" number 177 ").rows] == ["m177"]
    assert "No model matches “&lt;b&gt;”" in html(page(stored, *models, search="<b>"), search="<b>")


def test_an_empty_fleet() -> None:
    """The page says how a model is added."""
    assert "fleet new NAME" in html(fleet_page({}, Stored().documents, NOW))


@pytest.mark.parametrize("text", HOSTILE)
def test_text_of_strangers_is_text(stored: Stored, text: str) -> None:
    """Titles, columns, and reasons open no tag and end no attribute."""
    if text.isprintable():
        # Lone surrogates cannot be stored, and so do not come from a document.
        stored.latest(drift=drift_run(TODAY, column(text, psi=0.5)))
    plain = html(page(stored, SPEC.model_copy(update={"title": "A"})))
    hostile = html(page(stored, SPEC.model_copy(update={"title": text})))
    assert hostile.count("<") == plain.count("<")
