"""Pages answer any address: with the page, or with one that says what is wrong."""

import subprocess
import sys
from datetime import timedelta

import pytest

from modelfleet.console.access.role import Role
from modelfleet.storage import keys
from tests.console import BASE, RunningConsole, UserPool
from tests.console_documents import NOW, SPEC, TODAY, Stored, column
from tests.serving import CARD, put_bundle

MODEL = f"/console/models/{SPEC.name}"
# What people and programs put into addresses.
ODD = (
    "",
    "x",
    "-1",
    "0",
    "99999999999999999999",
    "0001-01-01",
    "9999-12-31",
    "2026-13-01",
    "\u0663",
)


@pytest.fixture
def running(pool: UserPool) -> RunningConsole:
    """The console of a model with two days of summaries."""
    made = RunningConsole(pool, {SPEC.name: SPEC})
    made.time = NOW
    stored = Stored(made.artifacts)
    stored.pointer()
    stored.latest(
        stored.day(TODAY - timedelta(days=1), column("Age")), stored.day(TODAY, column("Age", 0.5))
    )
    return made


def read(running: RunningConsole, path: str, status: int = 200) -> str:
    """Return what a viewer gets."""
    answer = running.browser(running.session(Role.VIEWER)).get(path)
    assert answer.status_code == status
    return answer.text


def test_the_console_loads_no_numeric_library() -> None:
    """Its image has none: pages read what other functions have computed."""
    program = (
        "import sys; import functions.console.app; "
        "print([name for name in ('numpy', 'pandas', 'scipy', 'sklearn') if name in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=True
    )
    assert answer.stdout.strip() == "[]"


@pytest.mark.parametrize("path", ["/console", "/console/"])
def test_the_front_page_is_the_fleet(running: RunningConsole, path: str) -> None:
    """Both addresses lead to it, and its links below the path that browsers see."""
    assert f'href="{BASE}/models/bankchurn"' in read(running, path)


def test_a_page_follows_no_inline_style(running: RunningConsole) -> None:
    """The content security policy would ignore it, and no script is needed to read a page."""
    for path in ("/console", MODEL, f"{MODEL}/drift?column=Age", f"{MODEL}/versions"):
        text = read(running, path)
        assert "style=" not in text
        assert "<style" not in text
        assert " onclick" not in text


def test_the_range_is_that_of_the_address(running: RunningConsole) -> None:
    """A model's page and its CSV show the same days."""
    text = read(running, f"{MODEL}?from=2026-01-31&to=2026-02-01")
    assert 'value="2026-01-31"' in text
    rows = read(running, f"{MODEL}/series.csv?from=2026-01-31&to=2026-02-01").splitlines()
    assert [row.partition(",")[0] for row in rows] == ["day", "2026-01-31", "2026-02-01"]


@pytest.mark.parametrize("text", ODD)
def test_any_parameter_has_a_page(running: RunningConsole, text: str) -> None:
    """An edited address shows the usual page, never an error."""
    read(running, f"/console?sort={text}&page={text}&q={text}")
    for tab in ("", "/series.csv", "/drift", "/segments", "/segments.csv", "/versions"):
        rest = f"day={text}&column={text}&metric={text}&left={text}&right={text}"
        read(running, f"{MODEL}{tab}?from={text}&to={text}&{rest}")


def test_an_unknown_model_is_a_page(running: RunningConsole) -> None:
    """Its status says so too, and it leads back to the fleet."""
    assert "the fleet</a>" in read(running, "/console/models/other", 404)


def test_a_broken_summary_is_a_page(running: RunningConsole) -> None:
    """The fleet names the model as unreadable; the fleet's page itself works."""
    running.artifacts.put(keys.latest_summary(SPEC.name), b"{")
    assert "unreadable" in read(running, "/console")


def test_a_stored_report_has_an_origin_of_its_own(running: RunningConsole) -> None:
    """It may contain scripts, which reach neither the session nor the console's pages."""
    Stored(running.artifacts).report(TODAY)
    browser = running.browser(running.session(Role.VIEWER))
    answer = browser.get(f"{MODEL}/drift/{TODAY}/summary.html")
    assert (answer.status_code, answer.text) == (200, "<p>the report</p>")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-scripts;")
    assert "allow-same-origin" not in policy


@pytest.mark.parametrize(
    "path",
    [
        f"{TODAY}/report.json",
        f"{TODAY}/evidently.html",
        f"{TODAY}/..%2f..%2freleases",
        "2020-01-01/summary.html",
        "never/summary.html",
    ],
)
def test_nothing_else_of_the_bucket_can_be_read(running: RunningConsole, path: str) -> None:
    """Only the pages that a run has left, by their names."""
    Stored(running.artifacts).report(TODAY)
    read(running, f"{MODEL}/drift/{path}", 404)


def test_a_card_is_read_from_its_bundle(running: RunningConsole) -> None:
    """Of versions that exist, and no other file of the bundle."""
    put_bundle(running.artifacts, SPEC, "7")
    assert read(running, f"{MODEL}/versions/7/card.html") == CARD.decode()
    for path in ("8/card.html", "..%2f7/card.html", "7/model.onnx"):
        read(running, f"{MODEL}/versions/{path}", 404)
