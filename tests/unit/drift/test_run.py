"""A run compares, decides once, keeps its reports and tells others, whatever the day was like."""

from datetime import timedelta
from typing import Any

import pytest

from modelfleet.drift import state_store as drift_state
from modelfleet.drift.notice import read_event
from modelfleet.drift.performance.report import PerformanceReport
from modelfleet.drift.report import DriftReport, DriftStatus
from modelfleet.drift.reports import (
    PERFORMANCE_FILE,
    REPORT_FILE,
    SUMMARY_FILE,
    read_report,
    report_folders,
)
from modelfleet.drift.requests import (
    DriftOutcome,
    DriftRequest,
    event_detail,
    event_type,
)
from modelfleet.drift.run import run_drift
from modelfleet.drift.state import DriftAction
from modelfleet.metrics.drift_metrics import DriftMetric
from modelfleet.outcomes.report import Feedback
from modelfleet.registry.manifest import MANIFEST_FILE
from modelfleet.release.requests import read_request
from modelfleet.retraining.decision_event import DecisionKind
from modelfleet.retraining.state import LONGEST_LINE, MOST_EVIDENCE, Trigger
from modelfleet.spec.errors import BundleError, CallError, ModelfleetError, ObjectNotFoundError
from modelfleet.storage import keys
from tests.watching import NOW, SPEC, World, sampled

DAILY = DriftRequest(model=SPEC.name, whole_hours=True)
ROWS = 600


def older(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same people, twelve years later."""
    return [row | {"Age": min(row["Age"] + 12, 92)} for row in rows]


def run(world: World, request: DriftRequest = DAILY) -> DriftOutcome:
    """One run."""
    return run_drift(SPEC, request, world.watcher)


@pytest.fixture
def world() -> World:
    """A released version that nobody has asked yet."""
    made = World()
    made.release("7")
    return made


def names(world: World) -> list[str]:
    """The metrics that were measured."""
    return sorted({str(each.name) for each in world.metrics.measurements})


def test_a_day_like_training(world: World) -> None:
    """Nothing is found, nobody is told, and the reports are there."""
    world.predict(sampled(ROWS, seed=2), "7")
    outcome = run(world)
    assert (outcome.status, outcome.action) == (DriftStatus.NO_DRIFT, DriftAction.NONE)
    assert outcome.current_rows == ROWS
    assert world.told.decisions == []
    (folder,) = report_folders(world.artifacts, SPEC.name)
    assert folder == outcome.report == "reports/bankchurn/2026-01-31/020000"
    report = DriftReport.model_validate_json(world.artifacts.get(f"{folder}/{REPORT_FILE}").content)
    assert (report.version, report.current_rows) == ("7", ROWS)
    page = world.artifacts.get(f"{folder}/{SUMMARY_FILE}").content.decode()
    assert "no drift; no action" in page
    PerformanceReport.model_validate_json(
        world.artifacts.get(f"{folder}/{PERFORMANCE_FILE}").content
    )


def test_a_shifted_population_is_found_and_retrained_after_three_days(world: World) -> None:
    """People hear on the first day; on the third the machine's input says why it is started."""
    for _ in range(3):
        world.predict(older(sampled(ROWS, seed=world.now.day)), "7")
        outcome = run(world)
        world.pass_day()
    assert "Age" in outcome.drifted
    told = world.told.decisions
    assert [each.action for each in told] == [DriftAction.WARN, DriftAction.WARN, "retrain"]
    assert {event_type(each) for each in told} == {DecisionKind.DRIFT_FOUND}
    detail = event_detail(told[-1])
    assert detail["model"] == SPEC.name
    assert any(reason.startswith("Age drifted") for reason in detail["evidence"])
    request = read_request({"detail-type": event_type(told[-1]), "detail": detail})
    assert request.trigger is Trigger.DRIFT
    state = drift_state.current(world.artifacts, SPEC.name)
    assert [(alert.runs, alert.is_open) for alert in state.alerts] == [(3, True)]


def test_manual_runs_on_the_same_traffic_do_not_retrain(world: World) -> None:
    """However often a person checks the same predictions, they are one detection."""
    world.predict(older(sampled(ROWS, seed=2)), "7")
    for _ in range(4):
        world.now += timedelta(minutes=70)
        run(world, DriftRequest(model=SPEC.name))
    assert {each.action for each in world.told.decisions} == {DriftAction.WARN}
    state = drift_state.current(world.artifacts, SPEC.name)
    assert {*state.streaks.values()} == {1}


def test_a_refused_category_is_proposed(world: World) -> None:
    """People hear of it with the command that accepts it, though nothing has drifted."""
    world.predict(sampled(ROWS, seed=2), "7")
    world.refuse("Italy", rows=20)
    outcome = run(world)
    assert (outcome.status, outcome.action) == (DriftStatus.NO_DRIFT, DriftAction.WARN)
    command = "fleet columns accept bankchurn Geography Italy"
    told = f"Geography: 'Italy' in 3.2% of requests was refused; accept it with: {command}"
    assert [each.reasons for each in world.told.decisions] == [(told,)]
    (folder,) = report_folders(world.artifacts, SPEC.name)
    assert [each.value for each in read_report(world.artifacts, folder).refused] == ["Italy"]
    page = world.artifacts.get(f"{folder}/{SUMMARY_FILE}").content.decode()
    assert '<td class="whole">Italy</td><td class="whole">20</td>' in page


def test_evidence_is_what_a_request_may_carry(world: World) -> None:
    """However many reasons there are and whatever they hold, a retraining takes the event's."""
    for _ in range(3):
        world.predict(older(sampled(ROWS, seed=world.now.day)), "7")
        run(world)
        world.pass_day()
    decision = world.told.decisions[-1]
    text = "a\nb\u2028\x1b[31m" + "long" * LONGEST_LINE
    trouble = decision.troubles[0].model_copy(update={"text": text})
    troubles = (trouble,) * (2 * MOST_EVIDENCE)
    held_back = (text,) * (2 * MOST_EVIDENCE)
    detail = event_detail(
        decision.model_copy(update={"troubles": troubles, "held_back": held_back})
    )
    event = {"detail-type": event_type(decision), "detail": detail}
    assert len(read_event(event).detail.held_back) == MOST_EVIDENCE
    request = read_request(event)
    assert len(request.evidence) == MOST_EVIDENCE
    assert request.evidence[0].startswith("a b  [31mlong")


def test_the_same_window_acts_once(world: World) -> None:
    """A retry within the hour repeats the reports and neither decides nor tells again."""
    world.predict(older(sampled(ROWS, seed=2)), "7")
    first = run(world)
    world.now += timedelta(minutes=12)
    assert run(world) == first
    assert len(world.told.decisions) == 1
    assert drift_state.current(world.artifacts, SPEC.name).alerts[0].runs == 1


def test_who_could_not_be_told_is_told_by_the_retry(world: World) -> None:
    """The decision stands; telling it is tried again until it succeeds, and then no more."""
    world.predict(older(sampled(ROWS, seed=2)), "7")
    world.told.refusals = 1
    with pytest.raises(CallError):
        run(world)
    run(world)
    run(world)
    assert len(world.told.decisions) == 1


def test_a_day_without_traffic(world: World) -> None:
    """An empty day is too little data: never a good sign, never a bad one, and a heartbeat."""
    outcome = run(world)
    assert (outcome.status, outcome.action) == (DriftStatus.INSUFFICIENT_DATA, DriftAction.NONE)
    assert "0 of 100 required predictions" in outcome.reason
    assert DriftMetric.DRIFT_RUNS in names(world)
    assert DriftMetric.DRIFTED_SHARE not in names(world)
    assert world.drawn == []


def test_a_day_of_one_row(world: World) -> None:
    """One prediction says no more than none."""
    world.predict(sampled(1, seed=2), "7")
    outcome = run(world)
    assert (outcome.status, outcome.current_rows) == (DriftStatus.INSUFFICIENT_DATA, 1)
    assert "of 100 required predictions" in outcome.reason


def test_a_model_that_was_never_released() -> None:
    """There is nothing to compare; the run says so, and counts as a run."""
    world = World()
    outcome = run(world)
    assert (outcome.version, outcome.report) == (None, None)
    assert "nothing is released yet" in outcome.reason
    assert names(world) == [DriftMetric.DRIFT_RUNS]


def test_a_bundle_without_a_profile() -> None:
    """What a version was trained on is not known, so that drift cannot be told: it says so."""
    world = World()
    world.release("3", profile=False)
    world.predict(older(sampled(ROWS, seed=2)), "3")
    outcome = run(world)
    assert (outcome.status, outcome.action) == (DriftStatus.INSUFFICIENT_DATA, DriftAction.NONE)
    assert "no reference profile" in outcome.reason


@pytest.mark.parametrize(
    ("file", "error"), [("profile.json", BundleError), (MANIFEST_FILE, ObjectNotFoundError)]
)
def test_a_broken_bundle_fails_aloud(
    world: World, file: str, error: type[ModelfleetError], tmp_path: object
) -> None:
    """A run that cannot look raises, so that its heartbeat is missed; it never says `no drift`."""
    world.predict(sampled(ROWS, seed=2), "7")
    key = f"{keys.bundle(SPEC.name, '7')}/{file}"
    if error is BundleError:
        world.artifacts.put(key, b"{}")
    else:
        put = {k: world.artifacts.get(k).content for k in world.artifacts.keys("releases")}
        world = World(lake=world.lake)
        for name, content in put.items():
            world.artifacts.put(name, content)
    with pytest.raises(error):
        run(world)
    assert world.metrics.measurements == []


def test_other_versions_answers_are_no_evidence(world: World) -> None:
    """Only what the released version answered is compared with its own training."""
    world.predict(older(sampled(ROWS, seed=2)), "6")
    assert run(world).current_rows == 0


def test_outcomes_that_contradict_the_scores(world: World) -> None:
    """Reported outcomes which the model ranks upside down degrade it, without any drift."""
    rows = sampled(ROWS, seed=2)
    world.predict(rows, "7")
    at = world.now - timedelta(hours=1)
    for number, row in enumerate(rows):
        name = f"{at:%d%H%M%S}-{number}"
        outcome = Feedback(
            prediction_id=name,
            model=SPEC.name,
            actual=float(row["Age"] < 40),
            received_at=world.now,
            request_id="r",
        )
        key = keys.feedback(SPEC.name, at.date().isoformat(), name)
        world.lake.put(key, outcome.model_dump_json().encode())
    found = run(world)
    assert found.action is DriftAction.WARN
    (decision,) = world.told.decisions
    assert event_type(decision) is DecisionKind.PERFORMANCE_DEGRADED
    assert DecisionKind.PERFORMANCE_DEGRADED.trigger is Trigger.PERFORMANCE
    assert DriftMetric.REALISED_PERFORMANCE in names(world)


def test_every_metric_has_both_sets_of_dimensions(world: World) -> None:
    """Each is measured with and without the version, and by feature or metric where it is split."""
    world.predict(older(sampled(ROWS, seed=2)), "7")
    run(world)
    sets: dict[str, set[tuple[str, ...]]] = {}
    for each in world.metrics.measurements:
        sets.setdefault(each.name, set()).add(tuple(map(str, each.dimensions)))
    assert sets[DriftMetric.DRIFTED_SHARE] == {("model", "version"), ("model",)}
    assert sets[DriftMetric.DRIFT_FOUND] == {("model", "version"), ("model",), ()}
    assert sets[DriftMetric.DRIFT_SCORE] == {
        ("model", "version", "feature"),
        ("model", "feature"),
    }
    assert sets[DriftMetric.EXPECTED_PERFORMANCE] == {
        ("model", "version", "metric"),
        ("model", "metric"),
    }


def test_reports_are_read_back(world: World) -> None:
    """A report that is there can be read; one that is not is named."""
    world.predict(sampled(ROWS, seed=2), "7")
    folder = run(world).report or ""
    assert read_report(world.artifacts, folder).window.end == NOW
    with pytest.raises(ModelfleetError, match="no report in reports/nowhere"):
        read_report(world.artifacts, "reports/nowhere")
