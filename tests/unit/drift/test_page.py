"""The summary is one light page that says the decision first and the worst columns next."""

from datetime import timedelta
from html.parser import HTMLParser

from modelfleet.adapters.object_store import memory_store
from modelfleet.captures.window import Window
from modelfleet.drift.page import drift_page
from modelfleet.drift.performance.report import PerformanceReport
from modelfleet.drift.report import ColumnDrift, Distribution, DriftReport, DriftStatus, RunFindings
from modelfleet.drift.state import Decision, DriftAction, DriftState
from modelfleet.registry.manifest import MANIFEST_FILE, BundleManifest
from modelfleet.storage import keys
from tests.serving import put_bundle
from tests.unit.drift.test_report import DAY, column, report
from tests.watching import SPEC

LIGHT_BYTES = 150 * 1024
HOSTILE = '<script>alert("x")</script>'
_VOID = {"meta", "br", "link", "img", "input", "hr"}


class Page(HTMLParser):
    """Checks that what is opened is closed, and remembers addresses."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.feed(content.decode())
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember it."""
        self.tags.append(tag)
        self.addresses += [v or "" for name, v in attrs if name in ("src", "href")]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """It opens and ends at once, as SVG's shapes do."""
        self.tags.append(tag)
        self.addresses += [v or "" for name, v in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        """It ends what was opened last."""
        assert self.open.pop() == tag


def rendered(
    found: DriftReport,
    action: DriftAction = DriftAction.WARN,
    past: tuple[DriftReport, ...] = (),
    held_back: tuple[str, ...] = (),
) -> bytes:
    """The page of a run."""
    store = memory_store()
    put_bundle(store, SPEC, found.version)
    path = f"{keys.bundle(SPEC.name, found.version)}/{MANIFEST_FILE}"
    start, end = found.window.start, found.window.end
    performance = PerformanceReport(model=SPEC.name, start=start, end=end, made_at=DAY)
    looked = RunFindings(BundleManifest.parse(store.get(path).content), found, performance, ())
    decision = Decision(
        model=SPEC.name,
        version=found.version,
        window_end=end,
        decided_at=end,
        action=action,
        held_back=held_back,
        report="reports/x",
    )
    return drift_page(SPEC, looked, decision, DriftState(model=SPEC.name), past)


def earlier(days: int) -> DriftReport:
    """A report of so many days before."""
    now = report()
    window = now.window.model_copy(
        update={
            "start": now.window.start - timedelta(days=days),
            "end": now.window.end - timedelta(days=days),
        }
    )
    return now.model_copy(update={"window": window})


def test_the_page_needs_nothing_but_itself() -> None:
    """It is well-formed, runs no program, and asks no other host for anything."""
    page = Page(rendered(report(), past=(earlier(2), earlier(1))))
    assert "script" not in page.tags
    assert page.addresses == []


def test_a_wide_model_is_still_light() -> None:
    """With 60 columns of 20 bins and 30 runs of history, it opens at once."""
    labels = tuple(f"{number} to {number + 1}" for number in range(20))
    bins = Distribution(labels=labels, shares=(0.05,) * 20)
    columns = tuple(
        column(f"feature_{number}", drifted=number < 30).model_copy(
            update={"reference": bins, "current": bins}
        )
        for number in range(60)
    )
    wide = report().model_copy(update={"columns": columns})
    page = rendered(wide, past=tuple(earlier(days) for days in range(30, 0, -1)))
    Page(page)
    assert len(page) < LIGHT_BYTES


def test_the_decision_comes_first() -> None:
    """What was found and what is done stands above everything that it rests on."""
    text = rendered(report(), DriftAction.RETRAIN, held_back=("no warning: it is silenced",))
    page = text.decode()
    assert page.index("drift detected; retraining started") < page.index(
        "no warning: it is silenced"
    )
    assert page.index("no warning: it is silenced") < page.index("<h3>Age ")


def test_status_and_legend_stand_at_the_top() -> None:
    """The status is part of the heading, and the colors are explained before they are used."""
    page = rendered(report()).decode()
    heading = page[page.index("<h1>") : page.index("</h1>")]
    assert '<span class="tag bad">drift</span>' in heading
    assert page.index("this window") < page.index("<h2>Reasons") < page.index("<h3>Age ")
    calm = report().model_copy(update={"status": DriftStatus.NO_DRIFT})
    assert '<span class="tag good">no drift</span>' in rendered(calm).decode()


def test_a_short_window_is_told_in_seconds() -> None:
    """A window of less than a minute does not seem to be empty."""
    window = Window(start=DAY, end=DAY + timedelta(seconds=11))
    page = rendered(report().model_copy(update={"window": window})).decode()
    assert "2026-01-31 00:00:00 to 00:00:11 UTC" in page
    assert "2026-01-31 00:00 to 2026-02-01 00:00 UTC" in rendered(report()).decode()


def test_stable_columns_are_collapsed() -> None:
    """They are one click away; without any other, they are shown."""
    page = rendered(report()).decode()
    stable = page[page.index("<summary>1 stable column</summary>") :]
    assert stable.index("<h3>Tenure") > 0
    assert "<h3>Age" not in stable
    calm = report().model_copy(
        update={"columns": (column("Tenure", drifted=False),), "prediction": None}
    )
    assert "<details open><summary>1 stable column" in rendered(calm).decode()


def test_the_worst_columns_come_first() -> None:
    """Columns stand in the report's order, which is that of their severity."""
    page = rendered(report()).decode()
    assert page.index("<h3>Age ") < page.index("<h3>Tenure ")


def test_both_sides_of_each_bin_are_drawn() -> None:
    """The bars of a bin are as long as the shares, and both are told in numbers."""
    moved = column("Age", drifted=True)
    labels = ("young", "old")
    moved = moved.model_copy(
        update={
            "reference": Distribution(labels=labels, shares=(0.8, 0.2)),
            "current": Distribution(labels=labels, shares=(0.4, 0.6)),
        }
    )
    page = rendered(report().model_copy(update={"columns": (moved,), "prediction": None})).decode()
    assert "40.0% / 80.0%" in page
    assert "60.0% / 20.0%" in page
    assert "width:50%" in page
    assert "width:25%" in page


def test_the_history_of_scores_is_drawn() -> None:
    """With runs before, each has a point; the first run has no history."""
    assert "<svg" not in rendered(report()).decode()
    page = rendered(report(), past=(earlier(2), earlier(1))).decode()
    assert page.count("<circle") == 3
    history = page[page.index("<h2>History") :]
    assert history.index("2026-02-01 00:00") < history.index("2026-01-31 00:00")


def test_names_are_escaped() -> None:
    """Whatever a category or a reason is called, it is text and nothing else."""
    bins = Distribution(labels=(HOSTILE, "b"), shares=(0.5, 0.5))
    hostile: ColumnDrift = column(HOSTILE, drifted=True).model_copy(
        update={"reference": bins, "current": bins}
    )
    found = report().model_copy(update={"columns": (hostile,), "reason": HOSTILE})
    page = rendered(found, held_back=(HOSTILE,))
    assert HOSTILE.encode() not in page
    Page(page)


def test_too_little_data_is_a_page_too() -> None:
    """A day on which nobody called has a page that says so, with nothing drawn."""
    found = report().model_copy(
        update={
            "status": DriftStatus.INSUFFICIENT_DATA,
            "reason": "0 of 100 required predictions in the window",
            "columns": (),
            "prediction": None,
            "current_rows": 0,
        }
    )
    page = rendered(found, DriftAction.NONE).decode()
    assert "not enough data; no action" in page
    assert "0 of 100 required predictions in the window" in page
    assert "no drift" not in page
