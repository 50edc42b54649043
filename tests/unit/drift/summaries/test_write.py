"""A drift run leaves small documents, from which pages are made."""

from datetime import date, timedelta

import pytest

from modelfleet.drift.report import DriftStatus
from modelfleet.drift.requests import DriftRequest
from modelfleet.drift.run import run_drift
from modelfleet.drift.state import DriftAction
from modelfleet.drift.summaries import store
from modelfleet.drift.summaries.summary import LATEST_DAYS, Traffic
from modelfleet.outcomes.report import Feedback
from modelfleet.registry.manifest import MANIFEST_FILE, BundleManifest
from modelfleet.spec.errors import DriftStateError
from modelfleet.spec.model import Metric
from modelfleet.storage import keys
from tests.watching import NOW, SPEC, World, sampled

TODAY, YESTERDAY = date(2026, 1, 31), date(2026, 1, 30)
DAILY = DriftRequest(model=SPEC.name, whole_hours=True)
ROWS = 300


def run(world: World) -> None:
    """One nightly run."""
    run_drift(SPEC, DAILY, world.watcher)


@pytest.fixture
def world() -> World:
    """A released version, asked by people twelve years older than those of its training."""
    made = World()
    made.release("7")
    older = [row | {"Age": min(row["Age"] + 12, 92)} for row in sampled(ROWS, seed=2)]
    made.predict(older, "7", hours=5)
    return made


def test_a_run_summarizes_its_day(world: World) -> None:
    """Drift is of the day on which the window ended, volume of the day of the predictions."""
    world.traffic.days = {YESTERDAY: Traffic(requests=310, predictions=300, errors=2, p95_ms=9.5)}
    run(world)
    found = store.day(world.artifacts, SPEC.name, TODAY)
    assert found is not None
    assert found.drift is not None
    assert (found.drift.status, found.drift.action) == (DriftStatus.DRIFT, DriftAction.WARN)
    assert found.drift.columns[0].name == "Age"
    assert found.drift.columns[0].psi is not None
    assert found.drift.report == "reports/bankchurn/2026-01-31/020000"
    assert any(text.startswith("Age drifted") for text in found.drift.findings)
    before = store.day(world.artifacts, SPEC.name, YESTERDAY)
    assert before is not None
    assert before.drift is None
    assert (before.predictions, before.traffic) == (300, world.traffic.days[YESTERDAY])
    (version,) = before.versions
    assert (version.version, version.predictions) == ("7", ROWS)
    assert Metric.ROC_AUC in version.expected


def test_the_newest_summary_is_a_row_of_the_fleet_page(world: World) -> None:
    """It has the run, the performance against held-out rows, and the days."""
    run(world)
    latest = store.latest(world.artifacts, SPEC.name)
    assert latest is not None
    assert "Age" in [column.name for column in latest.drift.drifted]
    assert {finding.metric for finding in latest.performance} == {SPEC.gate.primary}
    assert [day.predictions for day in latest.days] == [0, 0, 0, 0, 0, 0, ROWS, 0]
    assert latest.days[-2].expected is not None


def test_importance_comes_from_the_bundle(world: World) -> None:
    """A column's importance is that of the version which is compared."""
    key = f"{keys.bundle(SPEC.name, '7')}/{MANIFEST_FILE}"
    manifest = BundleManifest.parse(world.artifacts.get(key).content)
    known = manifest.model_copy(update={"importance": {"Age": 0.2}})
    world.artifacts.put(key, known.to_json())
    run(world)
    latest = store.latest(world.artifacts, SPEC.name)
    assert latest is not None
    found = {column.name: column.importance for column in latest.drift.columns}
    assert found["Age"] == 0.2
    assert found["Balance"] is None


def test_late_outcomes_change_earlier_days(world: World) -> None:
    """An outcome counts on the day of its prediction, whenever it was reported."""
    run(world)
    world.pass_day()
    at = NOW - timedelta(hours=5)
    for number in range(ROWS):
        name = f"{at:%d%H%M%S}-{number}"
        feedback = Feedback(
            prediction_id=name,
            model=SPEC.name,
            actual=number % 2,
            received_at=world.now,
            request_id="r",
        )
        key = keys.feedback(SPEC.name, at.date().isoformat(), name)
        world.lake.put(key, feedback.model_dump_json().encode())
    run(world)
    found = store.day(world.artifacts, SPEC.name, YESTERDAY)
    assert found is not None
    assert found.versions[0].labels == ROWS
    latest = store.latest(world.artifacts, SPEC.name)
    assert latest is not None
    assert {day.day: day.realised is not None for day in latest.days}[YESTERDAY]


def test_a_repeated_run_changes_nothing(world: World) -> None:
    """The same window, summarized again, is the same documents."""
    run(world)
    folder = keys.summaries(SPEC.name)
    first = {key: world.artifacts.get(key).etag for key in world.artifacts.keys(folder)}
    run(world)
    assert {key: world.artifacts.get(key).etag for key in world.artifacts.keys(folder)} == first


def test_an_older_window_does_not_replace_a_newer_one(world: World) -> None:
    """A retry that comes late leaves the newest run on the fleet page and on its day."""
    run(world)
    world.now -= timedelta(hours=1)
    run(world)
    latest, day = (
        store.latest(world.artifacts, SPEC.name),
        store.day(world.artifacts, SPEC.name, TODAY),
    )
    assert latest is not None
    assert day is not None
    assert day.drift is not None
    assert latest.drift.window_end == day.drift.window_end == NOW


def test_days_are_dropped_after_a_month(world: World) -> None:
    """The newest summary stays small."""
    for _ in range(LATEST_DAYS // 7 + 2):
        run(world)
        world.now += timedelta(days=7)
    latest = store.latest(world.artifacts, SPEC.name)
    assert latest is not None
    assert len(latest.days) == LATEST_DAYS
    assert [each.day for each in latest.days] == sorted({each.day for each in latest.days})


def test_unknown_traffic_is_no_reason_to_fail(world: World) -> None:
    """The run decides, its summaries say that traffic is unknown, and captures are counted."""
    world.traffic.reachable = False
    run(world)
    found = store.day(world.artifacts, SPEC.name, YESTERDAY)
    assert found is not None
    assert found.traffic is None
    assert found.predictions == ROWS


def test_traffic_that_is_known_is_kept(world: World) -> None:
    """CloudWatch out of reach does not undo what an earlier run read."""
    world.traffic.days = {YESTERDAY: Traffic(requests=1, predictions=4)}
    run(world)
    world.traffic.reachable = False
    run(world)
    found = store.day(world.artifacts, SPEC.name, YESTERDAY)
    assert found is not None
    assert found.predictions == 4


def test_before_the_first_run_there_is_nothing(world: World) -> None:
    """A new model has no summary, and a broken one says how it is written anew."""
    assert store.latest(world.artifacts, SPEC.name) is None
    assert store.day(world.artifacts, SPEC.name, TODAY) is None
    world.artifacts.put(keys.latest_summary(SPEC.name), b"{")
    with pytest.raises(DriftStateError, match="fleet drift bankchurn"):
        store.latest(world.artifacts, SPEC.name)
