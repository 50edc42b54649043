"""Checks a trial: advance, wait, or roll back."""

from dataclasses import replace
from datetime import datetime

from modelfleet.registry import pointer_store as pointer
from modelfleet.registry.pointer import ReleasePointer
from modelfleet.release.evidence import MetricReader, gather
from modelfleet.release.judge import judge
from modelfleet.release.waivers import waived_by_data
from modelfleet.retraining.state import Phase, RetrainingState, RolloutState
from modelfleet.retraining.trial import Judgement, Outcome, RolloutPlan, TrialCheck
from modelfleet.spec.clock import Clock
from modelfleet.spec.errors import ReleaseError
from modelfleet.spec.model import ModelSpec
from modelfleet.spec.release_plan import WithoutTraffic
from modelfleet.storage.object_store import ObjectStore


def check_trial(
    spec: ModelSpec,
    state: RetrainingState,
    store: ObjectStore,
    lake: ObjectStore,
    metrics: MetricReader,
    plan: RolloutPlan,
    clock: Clock,
) -> RolloutState:
    """Judge both arms since the version received its share.

    Raises
    ------
    ReleaseError
        If no version is on trial.
    """
    rollout, registered = state.rollout, state.registered
    if rollout is None or registered is None or rollout.since is None:
        raise ReleaseError(f"{spec.name}: no version is on trial")
    now, current = clock(), pointer.current(store, spec.name)
    if current is None or not _on_trial(current, registered.version):
        return rollout.model_copy(update={"phase": Phase.ROLL_BACK, "reasons": (_ended(current),)})
    versions = [current.champion, registered.version]
    found = gather(spec, versions, rollout.since, now, lake, metrics)
    unlike = waived_by_data(store, spec.name, registered.version, current.champion)
    expected = state.smoked.score_psi if state.smoked else 0.0
    judgement = judge(replace(found, unlike=unlike, expected_psi=expected), plan)
    return _decided(rollout, judgement, plan, now)


def _on_trial(current: ReleasePointer, version: str) -> bool:
    return current.challenger is not None and current.challenger.version == version


def _ended(current: ReleasePointer | None) -> str:
    if current is None:
        return "the release pointer does not exist"
    return f"{current.written_by} ended the trial: {current.reason}"


def _decided(
    rollout: RolloutState, judgement: Judgement, plan: RolloutPlan, now: datetime
) -> RolloutState:
    phase, reasons = _phase(judgement, rollout.waits, plan)
    seen = TrialCheck(share=rollout.share, judged_at=now, judgement=judgement)
    return rollout.model_copy(
        update={
            "phase": phase,
            "waits": rollout.waits + (phase is Phase.WATCH),
            "reasons": reasons,
            "checks": (*rollout.checks, seen),
        }
    )


def _phase(judgement: Judgement, waits: int, plan: RolloutPlan) -> tuple[Phase, tuple[str, ...]]:
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
