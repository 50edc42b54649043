"""A release from its first share to its end: what advances, what is taken back, and by whom."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from modelfleet.metrics.serving_metrics import ServingMetric
from modelfleet.registry.manifest import (
    MANIFEST_FILE,
    BundleManifest,
    DataFingerprint,
    JudgedModel,
)
from modelfleet.registry.pointer import Challenger, Mode
from modelfleet.release.check_trial import check_trial
from modelfleet.release.finish import clean_up, finish
from modelfleet.release.lock import holds_lock, require_free, take_lock
from modelfleet.release.promote import promote
from modelfleet.release.requests import RollbackRequest
from modelfleet.release.rollback import roll_back
from modelfleet.release.shift_traffic import shift_traffic
from modelfleet.release.smoke_test import smoke_test
from modelfleet.retraining.state import (
    Failure,
    LockOutcome,
    Phase,
    Prepared,
    RetrainingState,
)
from modelfleet.retraining.trial import Outcome
from modelfleet.serving.replay import ReplayedRow
from modelfleet.spec.errors import BundleError, ReleaseError
from modelfleet.spec.release_policy import WithoutTraffic
from modelfleet.spec.time_column import TimeColumn
from modelfleet.statistics.results import Closeness, Comparison, PairedTest
from modelfleet.storage import keys
from tests.releasing import PLAN, Fleet

Traffic = Callable[[Fleet], None]


def scores(seed: int, count: int = 400, shift: float = 0.0) -> list[float]:
    """Probabilities as a model gives them."""
    rng = random.Random(seed)  # noqa: S311  # repeatable, no secret
    return [min(rng.betavariate(2, 6) + shift, 1.0) for _ in range(count)]


def fine(fleet: Fleet) -> None:
    """Both arms answer alike."""
    fleet.traffic("1", scores(1))
    fleet.traffic("2", scores(2))


def shifted(fleet: Fleet) -> None:
    """The new arm's scores are higher by 0.3."""
    fleet.traffic("1", scores(1))
    fleet.traffic("2", scores(2, shift=0.3))


def slow(fleet: Fleet) -> None:
    """The new arm takes a quarter of a second."""
    fleet.traffic("1", scores(1))
    fleet.traffic("2", scores(2), latency_ms=250.0)


def failing(fleet: Fleet) -> None:
    """The champion answers a fifth of the new arm's requests."""
    fine(fleet)
    fleet.metrics.counts = {
        "1": {ServingMetric.REQUESTS: 480},
        "2": {ServingMetric.REQUESTS: 400, ServingMetric.CHALLENGER_FAILURES: 80},
    }


def silent(fleet: Fleet) -> None:
    """Nobody calls."""


def run(fleet: Fleet, traffic: Traffic, plan: Any = PLAN) -> RetrainingState:
    """Go through the states as the machine does, until all traffic or a rollback."""
    state = fleet.state()
    assert take_lock(fleet.store, state, fleet.now, fleet.is_running, 1).outcome is LockOutcome.HELD
    smoked = smoke_test(fleet.spec, state, fleet.store, fleet.ask, plan)
    state = state.model_copy(update={"smoked": smoked})
    while True:
        moved = shift_traffic(state, fleet.store, plan, fleet.clock)
        state = state.model_copy(update={"trial": moved})
        while moved.phase is Phase.WATCH:
            traffic(fleet)
            moved = check_trial(
                fleet.spec, state, fleet.store, fleet.lake, fleet.metrics, plan, fleet.clock
            )
            state = state.model_copy(update={"trial": moved})
        if moved.phase is Phase.FINISH:
            released = promote(fleet.store, state, fleet.clock)
            state = state.model_copy(update={"released": released})
            finish(state, fleet.store, fleet.clock, fleet.announce)
            return state
        if moved.phase is Phase.ROLL_BACK:
            failure = Failure(step="CheckTrial", error="RolledBack", cause="; ".join(moved.reasons))
            state = state.model_copy(update={"failure": failure})
            clean_up(state, fleet.store, fleet.clock, fleet.announce)
            return state


def test_a_good_version_reaches_everybody() -> None:
    """It serves all, the old champion is kept, the lock is free, and the evidence is on record."""
    fleet = Fleet()
    state = run(fleet, fine)
    released = fleet.pointer()
    assert (released.champion, released.previous, released.challenger) == ("2", "1", None)
    require_free(fleet.store, fleet.spec.name)
    (record,) = fleet.records()
    assert (record.outcome, record.version, record.champion) == ("released", "2", "2")
    assert [check.share for check in record.checks] == [0.1, 0.5]
    assert state.trial is not None
    assert state.trial.reasons == record.checks[-1].judgement.reasons
    assert record.reasons[1:] == state.trial.reasons
    assert fleet.heard == [record]
    trained = keys.trained(fleet.spec.name, "d1", "code1")
    assert fleet.store.get(trained).content == b"execution first, released"


@pytest.mark.parametrize(
    ("traffic", "named"), [(shifted, "PSI"), (slow, "p95"), (failing, "errors")]
)
def test_a_worse_version_is_taken_back_at_the_first_look(traffic: Traffic, named: str) -> None:
    """The champion serves all again, and the record says why with both arms' numbers."""
    fleet = Fleet()
    run(fleet, traffic)
    released = fleet.pointer()
    assert (released.champion, released.challenger, released.taken_back) == ("1", None, "2")
    (record,) = fleet.records()
    assert record.outcome == "rolled back"
    assert any(named in reason for reason in record.reasons)
    (judged,) = record.checks
    assert judged.share == 0.1
    assert judged.judgement.challenger is not None
    assert judged.judgement.challenger.version == "2"
    require_free(fleet.store, fleet.spec.name)


def test_without_traffic_a_person_decides_or_the_held_out_rows_do() -> None:
    """After its waits, the stage's policy ends the trial or lets it go on."""
    stopped, advanced = Fleet(), Fleet()
    run(stopped, silent)
    (record,) = stopped.records()
    assert stopped.pointer().champion == "1"
    assert "a person" in record.reasons[0]
    assert len(record.checks) == 1 + PLAN.waits_maximum
    plan = PLAN.model_copy(update={"without_traffic": WithoutTraffic.ADVANCE})
    state = run(advanced, silent, plan)
    assert advanced.pointer().champion == "2"
    assert state.trial is not None
    assert len(state.trial.checks) == 2 * (1 + plan.waits_maximum)


def test_a_first_version_serves_at_once() -> None:
    """Without an old arm there is nothing to wait for."""
    fleet = Fleet()
    state = fleet.state(registered={"version": "1"})
    take_lock(fleet.store, state, fleet.now, fleet.is_running, 1)
    smoked = smoke_test(fleet.spec, state, fleet.store, fleet.ask, PLAN)
    assert smoked.judgement is None
    moved = shift_traffic(
        state.model_copy(update={"smoked": smoked}), fleet.store, PLAN, fleet.clock
    )
    assert moved.phase is Phase.FINISH


def test_a_rollback_by_hand_during_the_trial_ends_it() -> None:
    """The machine finds its trial ended, takes nothing else back, and says who it was."""
    fleet = Fleet()

    def meddle(fleet: Fleet) -> None:
        request = RollbackRequest(
            action="rollback", model=fleet.spec.name, by="ada", reason="complaints"
        )
        roll_back(fleet.store, request, fleet.clock, fleet.announce)

    run(fleet, meddle)
    released = fleet.pointer()
    assert (released.champion, released.challenger) == ("1", None)
    assert released.written_by == "ada"
    by_machine = next(record for record in fleet.records() if record.execution == "first")
    assert "ada ended the trial" in by_machine.reasons[0]


def test_a_share_is_given_once() -> None:
    """A retried step answers the same and writes nothing."""
    fleet = Fleet()
    state = fleet.state(smoked={"rows": 1})
    take_lock(fleet.store, state, fleet.now, fleet.is_running, 1)
    first = shift_traffic(state, fleet.store, PLAN, fleet.clock)
    written = fleet.store.get(keys.release_pointer(fleet.spec.name))
    assert shift_traffic(state, fleet.store, PLAN, fleet.clock) == first
    assert fleet.store.get(keys.release_pointer(fleet.spec.name)) == written


def test_somebody_elses_experiment_is_not_touched() -> None:
    """A version that a person put on trial stays, and the release says how to end it."""
    fleet = Fleet()
    state = fleet.state(smoked={"rows": 1})
    take_lock(fleet.store, state, fleet.now, fleet.is_running, 1)
    pointer = fleet.pointer().model_copy(
        update={"challenger": Challenger(version="7", share=0.5, mode=Mode.AB)}
    )
    fleet.store.put(keys.release_pointer(fleet.spec.name), pointer.model_dump_json().encode())
    with pytest.raises(ReleaseError, match="fleet rollback telecom"):
        shift_traffic(state, fleet.store, PLAN, fleet.clock)
    clean_up(state, fleet.store, fleet.clock, fleet.announce)
    assert fleet.pointer() == pointer


@pytest.mark.parametrize("after", ["lock", "widen", "release"])
def test_a_failure_leaves_the_pointer_as_it_was_and_the_lock_free(after: str) -> None:
    """Whatever state fails, the old champion serves all, once and also when it is done twice."""
    fleet = Fleet()
    state = fleet.state(
        smoked={"rows": 1}, failure=Failure(step="Record", error="Error", cause="no database")
    )
    take_lock(fleet.store, state, fleet.now, fleet.is_running, 1)
    if after != "lock":
        shift_traffic(state, fleet.store, PLAN, fleet.clock)
    if after == "release":
        promote(fleet.store, state, fleet.clock)
        assert fleet.pointer().champion == "2"
    closed = clean_up(state, fleet.store, fleet.clock, fleet.announce)
    assert closed.taken_back == (None if after == "lock" else "2")
    written = fleet.store.get(keys.release_pointer(fleet.spec.name))
    clean_up(state, fleet.store, fleet.clock, fleet.announce)
    assert fleet.store.get(keys.release_pointer(fleet.spec.name)) == written
    assert (fleet.pointer().champion, fleet.pointer().challenger) == ("1", None)
    assert not holds_lock(fleet.store, state)
    (record,) = fleet.records()
    assert (record.outcome, record.reasons) == ("failed", ("no database",))
    assert list(fleet.store.keys(keys.TRAINED)) == []


def test_feedback_is_part_of_the_evidence() -> None:
    """Outcomes that came back are compared as losses: a version that is wrong more often goes."""
    fleet = Fleet()

    def wrong(fleet: Fleet) -> None:
        fine(fleet)
        for number in range(100):
            fleet.outcome(f"1-{number}", 0.0)
            fleet.outcome(f"2-{number}", 1.0)

    run(fleet, wrong)
    assert any("outcomes" in reason for reason in fleet.records()[0].reasons)
    judged = fleet.records()[0].checks[0].judgement
    assert judged.challenger is not None
    assert judged.challenger.outcomes == 100


def test_a_version_that_answers_otherwise_than_at_training_is_never_shown() -> None:
    """The deployed function's answers are compared with those in the bundle."""
    fleet = Fleet()

    def off(version: str, row: ReplayedRow) -> ReplayedRow:
        moved = (row.score or 0.0) + (0.1 if version == "2" else 0.0)
        return row.model_copy(update={"score": moved})

    fleet.on_row = off
    with pytest.raises(ReleaseError, match="scores 20 of 20 held-out rows differently"):
        smoke_test(fleet.spec, fleet.state(), fleet.store, fleet.ask, PLAN)


def test_a_version_that_fails_on_held_out_rows_is_never_shown() -> None:
    """An error on a row that it was tested on is no accident."""
    fleet = Fleet()

    def broken(version: str, row: ReplayedRow) -> ReplayedRow:
        return ReplayedRow(error="ScoringError") if version == "2" else row

    fleet.on_row = broken
    with pytest.raises(ReleaseError, match="failed on 20 of 20"):
        smoke_test(fleet.spec, fleet.state(), fleet.store, fleet.ask, PLAN)


def test_a_version_far_from_the_champion_is_taken_back_before_it_is_shown() -> None:
    """On the same held-out rows it decides otherwise, so it gets no share at all."""
    fleet = Fleet(bias=-3.0)
    run(fleet, silent)
    (record,) = fleet.records()
    assert (record.outcome, record.checks) == ("rolled back", ())
    assert record.held_out is not None
    assert record.held_out.outcome is Outcome.ROLL_BACK
    assert fleet.pointer().champion == "1"


def described(fleet: Fleet, version: str, **changes: Any) -> None:
    """Change a version's manifest."""
    key = f"{keys.bundle(fleet.spec.name, version)}/{MANIFEST_FILE}"
    manifest = BundleManifest.parse(fleet.store.get(key).content)
    fleet.store.put(key, manifest.model_copy(update=changes).model_dump_json().encode())


def data_of(fleet: Fleet, version: str) -> DataFingerprint:
    """The rows that a version learned."""
    key = f"{keys.bundle(fleet.spec.name, version)}/{MANIFEST_FILE}"
    return BundleManifest.parse(fleet.store.get(key).content).data


def of_generated_rows(fleet: Fleet, version: str) -> None:
    """Say of a version that a program made up what it learned from."""
    data = data_of(fleet, version).model_copy(update={"generated": True})
    described(fleet, version, data=data)


@pytest.mark.parametrize(
    ("refitted", "by_time", "recent", "taken_back"),
    [
        ("2", False, 0, False),
        ("2", False, 100, True),
        ("12", False, 0, True),
        ("12", True, 0, False),
        ("1", True, 0, True),
    ],
)
def test_likeness_counts_on_rows_that_both_or_neither_learned(
    refitted: str, by_time: bool, recent: int, taken_back: bool
) -> None:
    """A version that learned the replayed rows differs there from a champion that did not."""
    fleet = Fleet(bias=-3.0)
    time = TimeColumn(column="day") if by_time else None
    fleet.spec = fleet.spec.model_copy(update={"time": time})
    for version in refitted:
        close = Closeness(difference=0.1, learned_error=0.1, limit=0.2)
        described(fleet, version, judged=JudgedModel(data=data_of(fleet, version), closeness=close))
    prepared = Prepared(dataset_version="d1", rows={}, quarantined=0, recent=recent)
    state = fleet.state(prepared=prepared)
    judgement = smoke_test(fleet.spec, state, fleet.store, fleet.ask, PLAN).judgement
    assert judgement is not None
    assert (judgement.outcome is Outcome.ROLL_BACK) == taken_back
    assert any("did not learn" in reason for reason in judgement.reasons) != taken_back


def test_a_champion_of_generated_rows_need_not_be_resembled() -> None:
    """A version of real rows scores and decides otherwise, and reaches everybody all the same."""
    fleet = Fleet(bias=-3.0)
    of_generated_rows(fleet, "1")
    run(fleet, shifted)
    assert fleet.pointer().champion == "2"
    (record,) = fleet.records()
    assert record.held_out is not None
    told = "scores may differ from version 1, which was trained on generated rows"
    judged = [record.held_out, *(check.judgement for check in record.checks)]
    assert all(told in judgement.reasons for judgement in judged)


def found_by_the_gate(fleet: Fleet, lower: float) -> RetrainingState:
    """The machine's data after a gate that found this lower end of the difference."""
    test = PairedTest(
        name="DeLong",
        metric="roc_auc",
        candidate=0.85,
        champion=0.8,
        difference=0.05,
        lower=lower,
        upper=0.1,
        p_value=0.01,
    )
    comparison = Comparison(
        champion_version="1", champion_dataset="d0", candidate_dataset="d1", rows=9, primary=test
    )
    state = fleet.state()
    assert state.evaluated is not None
    evaluated = state.evaluated.model_copy(update={"comparison": comparison})
    return state.model_copy(update={"evaluated": evaluated})


@pytest.mark.parametrize(("lower", "taken_back"), [(0.01, False), (-0.01, True)])
def test_a_better_version_need_not_resemble_the_champion(lower: float, taken_back: bool) -> None:
    """What the gate found better may decide otherwise on held-out rows, and nothing else may."""
    fleet = Fleet(bias=-3.0)
    smoked = smoke_test(fleet.spec, found_by_the_gate(fleet, lower), fleet.store, fleet.ask, PLAN)
    assert smoked.judgement is not None
    assert (smoked.judgement.outcome is Outcome.ROLL_BACK) == taken_back


@pytest.mark.parametrize("traffic", [slow, failing])
def test_a_worse_version_goes_whatever_the_champion_learned_from(traffic: Traffic) -> None:
    """Errors and slowness are no matter of likeness."""
    fleet = Fleet()
    of_generated_rows(fleet, "1")
    run(fleet, traffic)
    assert fleet.pointer().champion == "1"


def test_a_version_of_generated_rows_must_be_like_a_champion_of_generated_rows() -> None:
    """Among generated rows the arms are compared as ever."""
    fleet = Fleet(bias=-3.0)
    for version in ("1", "2"):
        of_generated_rows(fleet, version)
    run(fleet, silent)
    assert fleet.pointer().champion == "1"


def test_a_slow_version_is_seen_on_the_held_out_rows() -> None:
    """It need not keep callers waiting to be found out."""
    fleet = Fleet()

    def slow_row(version: str, row: ReplayedRow) -> ReplayedRow:
        return row.model_copy(update={"latency_ms": 200.0 if version == "2" else 1.0})

    fleet.on_row = slow_row
    smoked = smoke_test(fleet.spec, fleet.state(), fleet.store, fleet.ask, PLAN)
    assert smoked.judgement is not None
    assert smoked.judgement.outcome is Outcome.ROLL_BACK


def test_a_version_without_rows_cannot_be_tried_out() -> None:
    """The error says what to do."""
    fleet = Fleet()
    with pytest.raises(BundleError, match="fleet retrain telecom"):
        smoke_test(
            fleet.spec, fleet.state(registered={"version": "9"}), fleet.store, fleet.ask, PLAN
        )
