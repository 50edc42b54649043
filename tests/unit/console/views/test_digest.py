"""The digest sums up a week of documents."""

from datetime import timedelta

from modelfleet.catalogue import find
from modelfleet.console.views.digest import Digest, as_text, digest
from modelfleet.pages.render import render
from tests.console_documents import NOW, SPEC, TODAY, Shell, Stored, column, drift_run, performance

MODELS = {"bankchurn": SPEC, "leads": find("leads")}


def made() -> Stored:
    """A drifted model that was released this week and the week before, and one never released."""
    stored = Stored()
    stored.pointer()
    days = [
        stored.day(TODAY - timedelta(days=back), predictions=100 if back <= 7 else 10)
        for back in range(15)
    ]
    run = drift_run(TODAY, *(column(f"column{n}", psi=0.9) for n in range(9)))
    stored.latest(*days, findings=(performance(degraded=True),), drift=run)
    stored.alert()
    stored.record("released", 3)
    stored.record("rolled back", 9)
    return stored


def week() -> Digest:
    """The digest of these models."""
    return digest(MODELS, made().documents, NOW)


def test_a_digest_covers_the_seven_days_before_today() -> None:
    """Today is not over, so it does not count; releases are those of the week."""
    found = week()
    assert (found.first, found.last) == (TODAY - timedelta(days=7), TODAY - timedelta(days=1))
    (entry,) = (each for each in found.entries if each.model == "bankchurn")
    assert (entry.predictions, entry.before) == (700, 70)
    assert [record.outcome for record in entry.releases] == ["released"]


def test_the_most_urgent_model_is_first() -> None:
    """A model without a release needs nobody's attention."""
    found = week()
    assert [entry.model for entry in found.entries] == ["bankchurn", "leads"]
    assert found.attention == 1


def test_the_text_fits_a_message() -> None:
    """Its lines are short, whatever columns are called, and say what the page says."""
    text = as_text(week(), "prod", "https://example.com/console")
    assert max(map(len, text.splitlines())) <= 78
    assert "bankchurn: degraded, serving v7" in text
    assert "  predictions  700 (week before: 70)" in text
    assert "), realized; worse than allowed\n  promised     0.840\n" in text
    assert "  drifted      column0, column1, column2, column3, column4 and 4 more" in text
    assert "  alert        open, 3 runs" in text


def test_the_page_shows_every_model() -> None:
    """Each model links to its page."""
    html = render(
        "console/templates/digest.html.j2",
        view=Shell(),
        title="Digest",
        section="fleet",
        shown=week(),
        now=NOW,
    )
    assert "/models/bankchurn" in html
    assert "/models/leads" in html
    assert "▼ worse than allowed" in html


def test_a_fleet_without_models_has_a_digest() -> None:
    """Nothing happened."""
    found = digest({}, Stored().documents, NOW)
    assert found.summary.endswith("0 of 0 models need attention")
