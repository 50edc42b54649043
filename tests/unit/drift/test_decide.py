"""What is found leads to what the model's policy says, once, and is remembered."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from modelfleet.drift.decide import Run, decide, find_troubles, measured_concerns
from modelfleet.drift.performance.report import Basis, PerformanceFinding, PerformanceStatus
from modelfleet.drift.report import DriftStatus, Severity
from modelfleet.drift.state import Decision, DriftAction, DriftState, Silence, Trouble
from modelfleet.spec.alert_policy import AlertPolicy, Concern
from modelfleet.spec.model import Metric
from tests.unit.drift.test_report import report

DAY = datetime(2026, 1, 31, 2, tzinfo=UTC)
POLICY = AlertPolicy()
DRIFTED = (Trouble(concern=Concern.FEATURE, severity=Severity.HIGH, text="Age drifted"),)
WORSE = (Trouble(concern=Concern.PERFORMANCE, severity=Severity.HIGH, text="worse"),)
SEGMENTS = {Concern.SEGMENT, Concern.FAIRNESS}
COMPARED = frozenset(Concern) - {Concern.PERFORMANCE, Concern.EXPECTED} - SEGMENTS
NOTHING: frozenset[Concern] = frozenset()
ANSWERED = (Trouble(concern=Concern.PREDICTION, severity=Severity.LOW, text="answers differ"),)


def run(
    day: int,
    troubles: tuple[Trouble, ...] = DRIFTED,
    *,
    version: str = "7",
    measured: frozenset[Concern] = frozenset(Concern),
    hours: float = 0,
    made: dict[float, int] | None = None,
) -> Run:
    """A run at two in the morning, so many days after the first, and hours later.

    `made` maps hours before the run to numbers of predictions; by default, all are new.
    """
    at = DAY + timedelta(days=day, hours=hours)
    rows_made = {0.01: 300} if made is None else made
    ages = [age for age, rows in rows_made.items() for _ in range(rows)]
    made_at = np.array(
        [(at - timedelta(hours=age)).replace(tzinfo=None) for age in ages], dtype="datetime64[us]"
    )
    report = f"reports/churn/{day}"
    return Run("churn", version, at, at, report, troubles, measured, made_at, 100)


def watch(
    *runs: Run, policy: AlertPolicy = POLICY, state: DriftState | None = None
) -> tuple[list[Decision], DriftState]:
    """Decide on run after run."""
    now = state or DriftState(model="churn")
    decisions = []
    for each in runs:
        decision, now = decide(policy, now, each)
        decisions.append(decision)
    return decisions, now


def actions(*runs: Run, policy: AlertPolicy = POLICY) -> list[DriftAction]:
    """What run after run leads to."""
    return [decision.action for decision in watch(*runs, policy=policy)[0]]


WARN, RETRAIN, NONE = DriftAction.WARN, DriftAction.RETRAIN, DriftAction.NONE


def test_three_in_a_row_retrain_and_the_first_warns() -> None:
    """People hear at once; the model is retrained when it is found for the third time in a row."""
    assert actions(run(0), run(1), run(2), run(3)) == [WARN, WARN, RETRAIN, RETRAIN]


def test_a_quiet_run_starts_the_count_anew() -> None:
    """What is found, gone, and found again has not been found three times in a row."""
    assert actions(run(0), run(1), run(2, ()), run(3), run(4)) == [WARN, WARN, NONE, WARN, WARN]


def test_too_little_data_neither_counts_nor_interrupts() -> None:
    """A day without traffic says nothing about the days around it."""
    empty = run(2, (), measured=NOTHING, made={})
    assert actions(run(0), run(1), empty, run(3)) == [WARN, WARN, NONE, RETRAIN]


@pytest.mark.parametrize(
    "made",
    [{3.0: 600}, {3.0: 600, 0.1: 99}, {}],
    ids=["the same predictions", "few new ones", "no predictions"],
)
def test_several_runs_on_the_same_predictions_count_once(made: dict[float, int]) -> None:
    """Runs by hand on traffic that was judged before never add up to a retraining."""
    policy = AlertPolicy(cooldown_minutes=0)
    again = [run(0, hours=1 + number / 10, made=made) for number in range(5)]
    decisions, state = watch(run(0), *again, policy=policy)
    assert {decision.action for decision in decisions} == {WARN}
    assert state.streaks == {Concern.FEATURE: 1}
    expected = f"1 of 3 consecutive detections; only {made.get(0.1, 0)} of {sum(made.values())}"
    assert expected in decisions[1].held_back[0]
    later = watch(run(1), run(2), policy=policy, state=state)[0]
    assert [decision.action for decision in later] == [WARN, RETRAIN]


def test_a_run_without_new_predictions_resets_nothing() -> None:
    """A shorter window of the same traffic that looks fine is no window of its own."""
    fine = run(1, (), hours=1, made={3.0: 600})
    assert actions(run(0), run(1), fine, run(2)) == [WARN, WARN, NONE, RETRAIN]


@pytest.mark.parametrize("made", [{5.0: 30}, {}], ids=["few predictions", "none"])
def test_late_outcomes_retrain_without_new_predictions(made: dict[float, int]) -> None:
    """Outcomes come days after the predictions that they belong to; each day is a detection."""
    days = [run(day, WORSE, measured=NOTHING, made=made) for day in range(3)]
    assert actions(*days) == [WARN, WARN, RETRAIN]


def test_late_outcomes_are_one_detection_a_day() -> None:
    """Checked again within hours, by hand and with short windows, they are the same outcomes."""
    policy = AlertPolicy(cooldown_minutes=0)
    soon = [run(0, WORSE, measured=NOTHING, hours=n, made={0.01: 1}) for n in range(6)]
    decisions, state = watch(*soon, policy=policy)
    assert {decision.action for decision in decisions} == {WARN}
    assert state.streaks == {Concern.PERFORMANCE: 1}
    assert "judged at 2026-01-31 02:00 UTC" in decisions[1].held_back[0]


def test_refused_requests_are_one_detection_a_day() -> None:
    """They are no predictions, so that only time tells whether there are new ones."""
    other = (Trouble(concern=Concern.NEW_CATEGORY, severity=Severity.MEDIUM, text="Italy"),)
    at = [(0, 0), (0, 2), (1, 0), (2, 0)]
    refused = [run(day, other, measured=NOTHING, hours=hours, made={}) for day, hours in at]
    policy = AlertPolicy(warn_after=3)
    assert actions(*refused, policy=policy) == [NONE, NONE, NONE, WARN]


def test_what_was_not_measured_keeps_its_count() -> None:
    """Predictions without outcomes say nothing about performance, however many they are."""
    traffic = run(2, (), measured=COMPARED)
    assert actions(run(0, WORSE), run(1, WORSE), traffic, run(3, WORSE)) == [
        WARN,
        WARN,
        NONE,
        RETRAIN,
    ]
    worse = [run(day, WORSE, measured=NOTHING, made={}) for day in (1, 2)]
    _, state = watch(run(0), *worse)
    assert state.streaks == {Concern.FEATURE: 1, Concern.PERFORMANCE: 2}


def test_old_evidence_warns_and_is_not_counted() -> None:
    """What a longer window finds in traffic that was judged before is no detection of its own."""
    again = run(0, hours=1, made={3.0: 600})
    decisions, state = watch(run(0, ()), again, run(1), run(2), run(3))
    assert [decision.action for decision in decisions] == [NONE, WARN, WARN, WARN, RETRAIN]
    assert "0 of 3 consecutive detections" in decisions[1].held_back[0]
    assert state.streaks == {Concern.FEATURE: 3}


@pytest.mark.parametrize("after", [1, 3])
def test_old_evidence_never_retrains(after: int) -> None:
    """Neither as a first detection nor after a retraining for the same predictions."""
    policy = AlertPolicy(retrain_after=after, cooldown_minutes=0)
    first = [run(0, ())] if after == 1 else [run(0), run(1), run(2)]
    again = run(len(first) - 1, hours=2, made={3.0: 600})
    assert actions(*first, again, policy=policy)[-1] is WARN


def test_a_window_that_ends_in_the_future_counts_until_now() -> None:
    """Later windows have new predictions all the same."""
    future = run(0)._replace(window_end=DAY + timedelta(days=1000))
    decisions, state = watch(future, run(1), run(2))
    assert [decision.action for decision in decisions] == [WARN, WARN, RETRAIN]
    assert state.counted[Concern.FEATURE] == DAY + timedelta(days=2)


def test_three_parts_of_traffic_minutes_apart_retrain() -> None:
    """Each has enough predictions of its own, though the window still holds those before."""
    policy = AlertPolicy(cooldown_minutes=0)
    both = (*WORSE, *DRIFTED)
    parts = [{0.01: 666}, {0.01: 666, 0.06: 666}, {0.01: 666, 0.06: 666, 0.11: 666}]
    runs = [run(0, both, hours=n / 20, made=made) for n, made in enumerate(parts)]
    usual = run(0, (), hours=-0.05, made={0.01: 600}, measured=COMPARED)
    assert actions(usual, *runs, policy=policy) == [NONE, WARN, WARN, RETRAIN]


def test_another_version_starts_anew() -> None:
    """What was found of the old version is no evidence against the new one."""
    found = [run(0), run(1), run(2, version="8")]
    decisions, state = watch(*found)
    assert [decision.action for decision in decisions] == [WARN, WARN, WARN]
    assert [(alert.version, alert.is_open) for alert in state.alerts] == [("8", True), ("7", False)]


def test_each_concern_has_its_own_count() -> None:
    """Three runs with three different concerns are not one concern three times."""
    other = (Trouble(concern=Concern.DATA_SET, severity=Severity.HIGH, text="most drifted"),)
    assert actions(run(0), run(1, other), run(2, ANSWERED)) == [WARN, WARN, WARN]


def test_what_is_no_reason_to_retrain_only_warns() -> None:
    """The policy names the concerns that retrain; the others go on warning."""
    assert actions(*(run(day, ANSWERED) for day in range(5))) == [WARN] * 5
    deaf = AlertPolicy(warn_on=(), retrain_on=())
    assert actions(*(run(day) for day in range(5)), policy=deaf) == [NONE] * 5


def test_the_same_window_is_decided_once() -> None:
    """A retry gets the decision that was taken, and counts for nothing."""
    (first, again), state = watch(run(0), run(0, ()))
    assert again == first
    assert state.streaks == {Concern.FEATURE: 1}
    assert state.alerts[0].runs == 1


def test_cooldown_holds_each_action_back() -> None:
    """Within the cooldown no action follows itself, and the decision says why."""
    soon = [run(0), run(0, hours=0.5), run(0, hours=0.75), run(0, hours=0.9), run(0, hours=1.8)]
    decisions, _ = watch(*soon)
    assert [decision.action for decision in decisions] == [WARN, NONE, RETRAIN, NONE, RETRAIN]
    assert "2 of 3 consecutive detections" in decisions[1].held_back[0]
    assert "last at " in decisions[1].held_back[1]


@pytest.mark.parametrize(
    ("hours", "hour", "quiet"),
    [
        ((22, 6), 23, True),
        ((22, 6), 5, True),
        ((22, 6), 6, False),
        ((1, 5), 2, True),
        ((1, 5), 5, False),
        ((1, 5), 0, False),
    ],
)
def test_quiet_hours_may_pass_midnight(hours: tuple[int, int], hour: int, quiet: bool) -> None:
    """They begin with their first hour and end before their last."""
    assert AlertPolicy(quiet_hours=hours).is_quiet(DAY.replace(hour=hour)) is quiet


def test_nobody_is_woken_but_retraining_goes_on() -> None:
    """In quiet hours and while silenced nobody is warned; the model is retrained all the same."""
    quiet = AlertPolicy(quiet_hours=(1, 5))
    assert actions(run(0), run(1), run(2), policy=quiet) == [NONE, NONE, RETRAIN]
    silence = Silence(until=DAY + timedelta(days=9), by="ada", since=DAY)
    silenced = DriftState(model="churn", silence=silence)
    decisions, _ = watch(run(0), run(1), run(2), state=silenced)
    assert [decision.action for decision in decisions] == [NONE, NONE, RETRAIN]
    assert "silenced by ada" in decisions[0].held_back[1]


def test_a_silence_ends_by_itself() -> None:
    """After its date people hear again."""
    silence = Silence(until=DAY + timedelta(hours=30), by="ada", since=DAY)
    decisions, _ = watch(run(0), run(2), state=DriftState(model="churn", silence=silence))
    assert [decision.action for decision in decisions] == [NONE, WARN]


def test_an_acknowledged_alert_is_not_repeated_until_it_ends() -> None:
    """Who has said that they know is not told again, unless it went away and came back."""
    _, state = watch(run(0, ANSWERED))
    known = state.alerts[0].model_copy(update={"acknowledged_by": "ada"})
    state = state.model_copy(update={"alerts": (known,)})
    decisions, state = watch(
        run(1, ANSWERED), run(2, ()), run(3, ANSWERED), policy=POLICY, state=state
    )
    assert [decision.action for decision in decisions] == [NONE, NONE, WARN]
    assert [(alert.is_open, alert.acknowledged_by) for alert in state.alerts] == [
        (True, None),
        (False, "ada"),
    ]


def finding(status: PerformanceStatus, basis: Basis = Basis.REALISED) -> PerformanceFinding:
    """What was found about the performance of the version."""
    return PerformanceFinding(
        version="7",
        metric=Metric.ROC_AUC,
        basis=basis,
        status=status,
        rows=900,
        margin=0.01,
        reason=f"version 7, {basis} roc_auc: {status}",
    )


def test_an_alert_grows_while_it_lasts() -> None:
    """One alert counts its runs and remembers the gravest thing that was done about it."""
    _, state = watch(run(0), run(1), run(2))
    (alert,) = state.alerts
    assert (alert.runs, alert.action, alert.opened_at) == (3, RETRAIN, DAY)


def test_troubles_are_told_in_words_gravest_first() -> None:
    """Degraded performance comes before drift, and each says its numbers."""
    worse = finding(PerformanceStatus.DEGRADED)
    fine = finding(PerformanceStatus.AS_EXPECTED)
    guessed = finding(PerformanceStatus.DEGRADED, Basis.EXPECTED)
    found = find_troubles(report(), [fine, guessed, worse])
    assert [trouble.concern for trouble in found] == [
        Concern.PERFORMANCE,
        Concern.FEATURE,
        Concern.PREDICTION,
        Concern.EXPECTED,
    ]
    assert found[1].text == "Age drifted: PSI 0.4 (limit 0.2)"


def test_what_a_run_could_measure() -> None:
    """Too little data measures nothing, and a fault hides whether anything has drifted."""
    few = finding(PerformanceStatus.INSUFFICIENT_DATA)
    fine = finding(PerformanceStatus.AS_EXPECTED)
    guessed = finding(PerformanceStatus.AS_EXPECTED, Basis.EXPECTED)
    empty = report().model_copy(update={"status": DriftStatus.INSUFFICIENT_DATA})
    broken = report().model_copy(update={"status": DriftStatus.FAULT})
    assert measured_concerns(report(), [few]) == COMPARED
    assert measured_concerns(report(), [fine, guessed]) == frozenset(Concern) - SEGMENTS
    assert measured_concerns(empty, [few]) == NOTHING
    assert measured_concerns(broken, []) == {Concern.FAULT, Concern.NEW_CATEGORY}


def test_a_faulty_comparison_is_a_trouble_of_its_own() -> None:
    """What cannot be right warns, and never retrains however often it is found."""
    broken = report().model_copy(
        update={"status": DriftStatus.FAULT, "columns": (), "prediction": None, "reason": "same"}
    )
    (trouble,) = find_troubles(broken, ())
    assert (trouble.concern, trouble.text) == (Concern.FAULT, "same")
    assert actions(*(run(day, (trouble,)) for day in range(4))) == [WARN] * 4
    with pytest.raises(ValueError, match="a fault cannot trigger a retraining"):
        AlertPolicy(retrain_on=(Concern.FAULT,))
