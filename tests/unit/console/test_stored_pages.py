"""Drift reports, model cards, and data reports link to each other and to the console."""

import re
from html import unescape
from urllib.parse import urlsplit

import pytest

from modelfleet.console.access.role import Role
from modelfleet.drift.reports import DRAWN_FILE, SUMMARY_FILE
from modelfleet.pages.policy import HEADER
from modelfleet.registry.manifest import CARD_FILE, MANIFEST_FILE, sha256
from modelfleet.storage import keys
from tests.browsing import Browser, Served
from tests.console import BASE, RunningConsole, UserPool
from tests.console_documents import NOW, SPEC, TODAY, Stored, column, drift_run
from tests.hostile_pages import card, data_report, planted_drift_page
from tests.serving import CARD, put_bundle

MODEL = f"{BASE}/models/{SPEC.name}"
RUN = drift_run(TODAY).report


@pytest.fixture
def running(pool: UserPool) -> RunningConsole:
    """A model with a card, a data report, and both pages of a drift run."""
    made = RunningConsole(pool, {SPEC.name: SPEC})
    made.time = NOW
    stored = Stored(made.artifacts)
    stored.pointer()
    stored.latest(stored.day(TODAY, column("Age", 0.5)))
    stored.report(TODAY)
    put_card(made, card("in turn"))
    page = planted_drift_page("in turn")
    for file in (SUMMARY_FILE, DRAWN_FILE):
        made.artifacts.put(f"{RUN}/{file}", page)
    made.console.lake.put(keys.data_report(SPEC.name, dataset(made)), data_report("in turn"))
    return made


def put_card(running: RunningConsole, content: bytes) -> None:
    """Store version 7 with this card."""
    put_bundle(running.artifacts, SPEC, "7")
    folder = keys.bundle(SPEC.name, "7")
    manifest = running.artifacts.get(f"{folder}/{MANIFEST_FILE}").content.decode()
    changed = manifest.replace(sha256(CARD), sha256(content))
    running.artifacts.put(f"{folder}/{MANIFEST_FILE}", changed.encode())
    running.artifacts.put(f"{folder}/{CARD_FILE}", content)


def dataset(running: RunningConsole) -> str:
    """The data set version that the serving version has learned."""
    content = running.artifacts.get(f"{keys.bundle(SPEC.name, '7')}/manifest.json").content
    found = re.search(rb'"dataset_version": ?"([^"]+)"', content)
    assert found
    return found[1].decode()


def links(running: RunningConsole, path: str) -> dict[str, str]:
    """The related pages of a page: addresses by name."""
    answer = running.browser(running.session(Role.VIEWER)).get(path.removeprefix("/prod"))
    assert answer.status_code == 200
    found = re.search(r'aria-label="Related pages">(.*?)</(?:nav|p)>', answer.text, re.S)
    assert found
    anchors = re.findall(r'<a href="(.*?)">(.*?)</a>', found[1])
    return {unescape(name): unescape(address) for address, name in anchors}


def pages(running: RunningConsole) -> dict[str, str]:
    """The stored pages, by name."""
    return {
        "Drift report": f"{MODEL}/drift/{TODAY}/{SUMMARY_FILE}",
        "Evidently's report": f"{MODEL}/drift/{TODAY}/{DRAWN_FILE}",
        "Model card of version 7": f"{MODEL}/versions/7/card.html",
        "Data report": f"{MODEL}/data/{dataset(running)}/report.html",
    }


def test_every_stored_page_links_to_its_neighbors(running: RunningConsole) -> None:
    """To the console and to each other, and every link leads to a page."""
    known = pages(running)
    runs = {"Drift report", "Evidently's report"}
    for name, path in known.items():
        found = links(running, path)
        # One page of the last run leads to the other.
        others = known.keys() - {name} - (set() if name in runs else {"Evidently's report"})
        assert others | {"Console"} <= found.keys()
        for address in found.values():
            assert urlsplit(address).path.startswith(MODEL)
            visitor = running.browser(running.session(Role.VIEWER))
            assert visitor.get(address.removeprefix("/prod")).status_code == 200


def test_every_tab_links_to_the_stored_pages(running: RunningConsole) -> None:
    """The console's pages of a model lead to its last report, card, and data report."""
    known = pages(running)
    del known["Evidently's report"]
    for tab in ("", "/drift", "/versions", "/release", "/try"):
        assert links(running, f"{MODEL}{tab}") == known


def test_a_card_names_its_run(running: RunningConsole) -> None:
    """By its ID, or by the command that opens it where that works."""
    neighbors = {
        stage: stage_page(running, stage).partition('aria-label="Related pages">')[2][:1_000]
        for stage in ("prod", "local")
    }
    assert "<code>fleet ui --run " in neighbors["local"]
    assert "fleet ui" not in neighbors["prod"]
    assert "MLflow run" in neighbors["prod"]


def stage_page(running: RunningConsole, stage: str) -> str:
    """The drift report as served in a stage."""
    other = RunningConsole(running.pool, {SPEC.name: SPEC}, stage=stage)
    other.time = NOW
    for key in running.artifacts.keys(""):
        other.artifacts.put(key, running.artifacts.get(key).content)
    path = f"/console/models/{SPEC.name}/drift/{TODAY}/{SUMMARY_FILE}"
    return other.browser(other.session(Role.VIEWER)).get(path).text


def test_links_lead_out_of_the_sandbox(running: RunningConsole, browser: Browser) -> None:
    """A visitor follows them from the report's own origin to the console."""
    path = f"{MODEL}/drift/{TODAY}/{SUMMARY_FILE}"
    answer = running.browser(running.session(Role.VIEWER)).get(path.removeprefix("/prod"))
    console = f"{MODEL}/drift?day={TODAY}"
    # Browsers complain about other headers of an origin without TLS.
    headers = {name: answer.headers[name] for name in ("content-type", HEADER)}
    page, target = Served(answer.content, headers), Served(b"<h1>The console</h1>")
    served = {path: page, console: target}
    visit = browser.visit(served, lambda page: page.get_by_role("link", name="Console").click())
    assert visit.text == "The console"
    assert visit.complaints == []


def test_what_does_not_exist_is_not_linked(pool: UserPool) -> None:
    """Without its bundle, a version has neither card nor data report."""
    bare = RunningConsole(pool, {SPEC.name: SPEC})
    bare.time = NOW
    stored = Stored(bare.artifacts)
    stored.day(TODAY, column("Age", 0.5))
    stored.report(TODAY)
    bare.artifacts.put(f"{RUN}/{SUMMARY_FILE}", planted_drift_page("in turn"))
    assert links(bare, f"{MODEL}/drift/{TODAY}/{SUMMARY_FILE}").keys() == {"Console"}


@pytest.mark.parametrize("version", ["..%2fnewest.json", "none", "x/../y", "%00"])
def test_no_other_object_of_the_lake_is_served(running: RunningConsole, version: str) -> None:
    """Only data reports, by their version."""
    path = f"/console/models/{SPEC.name}/data/{version}/report.html"
    assert running.browser(running.session(Role.VIEWER)).get(path).status_code == 404
