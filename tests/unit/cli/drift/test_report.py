"""`fleet report`: reports are shown, listed, and linked."""

import json
import webbrowser
from datetime import timedelta
from types import SimpleNamespace

import pytest
from obstore.store import MemoryStore
from typer.testing import CliRunner, Result

from cli.app import app
from cli.cloud import Cloud
from cli.output.errors import FleetError
from modelfleet.adapters.object_store import BucketObjectStore
from modelfleet.captures.window import Window
from modelfleet.drift.report import DriftReport, DriftStatus
from modelfleet.drift.reports import DRAWN_FILE, REPORT_FILE, SUMMARY_FILE
from modelfleet.pages import policy as page_policy
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
from tests.unit.drift.test_report import DAY, report

MODEL = "bankchurn"


class LinkingStore(BucketObjectStore):
    """A bucket in memory whose links look like S3's."""

    def link(self, key: str, lasts: timedelta) -> str:
        """A URL as signed by S3."""
        return f"https://s3.example/{key}?X-Amz-Expires={lasts.seconds}"


@pytest.fixture(autouse=True)
def store(monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
    """Every stage is the same empty one."""
    memory = LinkingStore(MemoryStore())
    monkeypatch.setattr(Cloud, "connect", lambda *_: SimpleNamespace(store=lambda _bucket: memory))
    return memory


def run(*arguments: str) -> Result:
    """Run the command; raise its error."""
    return CliRunner().invoke(app, ["report", MODEL, *arguments], catch_exceptions=False)


def put(store: ObjectStore, day: int, found: DriftReport | None = None) -> str:
    """Store a report of a window that ended at 02:00 on a day of January."""
    end = DAY.replace(day=day, hour=2)
    window = Window(start=end - timedelta(days=1), end=end)
    kept = (found or report()).model_copy(update={"model": MODEL, "window": window})
    folder = keys.report(MODEL, end)
    store.put(f"{folder}/{SUMMARY_FILE}", f"summary of {day}".encode())
    store.put(f"{folder}/{REPORT_FILE}", kept.model_dump_json().encode())
    return folder


def too_little() -> DriftReport:
    """A report of a day with hardly any predictions."""
    return report().model_copy(
        update={
            "status": DriftStatus.INSUFFICIENT_DATA,
            "reason": "1 of 100 required predictions in the window",
            "columns": (),
            "prediction": None,
        }
    )


def test_the_newest_report_is_shown(store: ObjectStore) -> None:
    """Without a name the newest report is shown, the worst feature first."""
    put(store, 29)
    put(store, 30)
    told = run().stdout
    assert "2026-01-29 02:00 to 2026-01-30 02:00 UTC" in told
    assert "drift (Age drifted)" in told
    assert told.index("\nAge\t") < told.index("\nTenure\t")


def test_a_report_is_chosen_by_its_name(store: ObjectStore) -> None:
    """A report has the name that --list prints, newest first."""
    put(store, 29)
    put(store, 30)
    names = [one["name"] for one in json.loads(run("--list", "--json").stdout)]
    assert names == ["2026-01-30/020000", "2026-01-29/020000"]
    told = json.loads(run(names[1], "--json").stdout)
    assert (told["name"], told["window"]["end"][:10]) == (names[1], "2026-01-29")
    assert names[0] in run("--list").stdout


def test_json_has_every_field_of_a_finding(store: ObjectStore) -> None:
    """Findings have test, statistic, p-value, threshold, drifted, severity, sizes, and window."""
    put(store, 30)
    told = json.loads(run("--json").stdout)
    finding = told["columns"][0]["findings"][0]
    assert {"test", "statistic", "p_value", "threshold", "drifted", "severity"} <= set(finding)
    assert {"reference_rows", "current_rows", "window"} <= set(told)


def test_a_page_is_opened(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """With --open the browser opens a link that needs no credentials, for an hour."""
    opened: list[str] = []

    def show(link: str) -> bool:
        opened.append(link)
        return True

    monkeypatch.setattr(webbrowser, "open", show)
    folder = put(store, 30)
    link = json.loads(run("--open", "--json").stdout)["link"]
    run("--open")
    assert opened == [link]
    assert link == f"https://s3.example/{folder}/{SUMMARY_FILE}?X-Amz-Expires=3600"


def test_no_browser(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """If no browser can be opened, the link is printed."""
    monkeypatch.setattr(webbrowser, "open", lambda _link: False)
    put(store, 30)
    shown = run("--open")
    assert "open the link" in shown.stderr
    assert "https://s3.example/" in shown.stdout


def test_evidentlys_page_is_linked(store: ObjectStore) -> None:
    """With --evidently the link is to Evidently's page."""
    store.put(f"{put(store, 30)}/{DRAWN_FILE}", page_policy.opening(page_policy.PAGE).encode())
    assert f"/{DRAWN_FILE}?" in run("--evidently").stdout


def test_a_page_that_may_run_callers_scripts_is_not_linked(store: ObjectStore) -> None:
    """A page from before the content policy is rejected, and the error says what to do."""
    planted = b"<!doctype html><script>alert(1)</script>"
    late = planted + page_policy.opening(page_policy.PAGE).encode()
    for page in (planted, late):
        store.put(f"{put(store, 30)}/{DRAWN_FILE}", page)
        for arguments in (("--evidently",), ("--evidently", "--json"), ("--evidently", "--open")):
            with pytest.raises(FleetError, match="fleet drift bankchurn --wait"):
                run(*arguments)
    assert SUMMARY_FILE in run().stdout


def test_a_report_of_too_few_predictions(store: ObjectStore) -> None:
    """It says so, and there is no page of Evidently."""
    put(store, 30, too_little())
    told = run().stdout
    assert "insufficient data (1 of 100 required predictions in the window)" in told
    assert "\t" not in told
    with pytest.raises(FleetError, match="too few predictions to compare"):
        run("--evidently")


def test_no_report_yet() -> None:
    """The error contains the command that creates a report."""
    with pytest.raises(FleetError, match="fleet drift bankchurn --wait"):
        run()


def test_unknown_report(store: ObjectStore) -> None:
    """The error contains the command that lists the reports."""
    put(store, 30)
    with pytest.raises(FleetError, match="fleet report bankchurn --list"):
        run("2026-01-01/020000")
