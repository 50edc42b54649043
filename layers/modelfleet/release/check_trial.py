"""Checks a trial: advance, wait, or roll back."""

from dataclasses import replace
from datetime import datetime

from modelfleet.registry import pointer_store as pointer
from modelfleet.registry.pointer import ReleasePointer
from modelfleet.release.evidence import MetricReader, gather
from modelfleet.release.judge import judge
from modelfleet.release.waivers import waived_by_data
from modelfleet.retraining.state import Phase, RetrainingState, TrialState
from modelfleet.retraining.trial import Judgement, Outcome, TrialCheck, TrialPlan
from modelfleet.spec.clock import Clock
from modelfleet.spec.errors import ReleaseError
from modelfleet.spec.model import ModelSpec
from modelfleet.spec.release_policy import WithoutTraffic
from modelfleet.storage.object_store import ObjectStore


def check_trial(
    spec: ModelSpec,
    state: RetrainingState,
    store: ObjectStore,
    lake: ObjectStore,
    metrics: MetricReader,
    plan: TrialPlan,
    clock: Clock,
) -> TrialState:
    """Judge both arms since the version received its share.

    Raises
    ------
    ReleaseError
        If no version is on trial.
    """
    trial, registered = state.trial, state.registered
    if trial is None or registered is None or trial.since is None:
        raise ReleaseError(f"{spec.name}: no version is on trial")
    now, current = clock(), pointer.current(store, spec.name)
    if current is None or not _on_trial(current, registered.version):
        return trial.model_copy(update={"phase": Phase.ROLL_BACK, "reasons": (_ended(current),)})
    versions = [current.champion, registered.version]
    found = gather(spec, versions, trial.since, now, lake, metrics)
    unlike = waived_by_data(store, spec.name, registered.version, current.champion)
    expected = state.smoked.score_psi if state.smoked else 0.0
    judgement = judge(replace(found, unlike=unlike, expected_psi=expected), plan)
    return _decided(trial, judgement, plan, now)


def _on_trial(current: ReleasePointer, version: str) -> bool:
    return current.challenger is not None and current.challenger.version == version


def _ended(current: ReleasePointer | None) -> str:
    if current is None:
        return "the release pointer does not exist"
    return f"{current.written_by} ended the trial: {current.reason}"


def _decided(trial: TrialState, judgement: Judgement, plan: TrialPlan, now: datetime) -> TrialState:
    phase, reasons = _phase(judgement, trial.waits, plan)
    seen = TrialCheck(share=trial.share, judged_at=now, judgement=judgement)
    return trial.model_copy(
        update={
            "phase": phase,
            "waits": trial.waits + (phase is Phase.WATCH),
            "reasons": reasons,
            "checks": (*trial.checks, seen),
        }
    )


def _phase(judgement: Judgement, waits: int, plan: TrialPlan) -> tuple[Phase, tuple[str, ...]]:
    if judgement.outcome is Outcome.ROLL_BACK:
        return Phase.ROLL_BACK, judgement.reasons
    if judgement.outcome is Outcome.ADVANCE:
        return Phase.ADVANCE, judgement.reasons
    if waits < plan.waits_maximum:
        return Phase.WATCH, judgement.reasons
    if plan.without_traffic is WithoutTraffic.ADVANCE:
        held_out = "decided on held-out rows scored by both versions"
        return Phase.ADVANCE, (*judgement.reasons, held_out)
    person = "too few predictions to decide; this stage leaves the decision to a person"
    return Phase.ROLL_BACK, (*judgement.reasons, person)
