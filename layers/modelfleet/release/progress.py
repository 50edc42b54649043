"""What a running release or experiment shows of itself: a small document for pages.

Each step of a release rewrites it, and the clock of the bandits that of an experiment, so that no
page reads the lake.
"""

from datetime import datetime, timedelta

from modelfleet.registry import pointer_store as pointer
from modelfleet.release.evidence import MetricReader, gather
from modelfleet.release.judge import standing, summary
from modelfleet.retraining.state import Phase, RetrainingState, TrialState
from modelfleet.retraining.trial import ArmSummary, Standing, TrialCheck, TrialPlan
from modelfleet.spec.clock import Clock
from modelfleet.spec.document import Document
from modelfleet.spec.errors import ObjectNotFoundError, ReleaseError
from modelfleet.spec.model import ModelSpec
from modelfleet.storage import keys
from modelfleet.storage.documents import parsed
from modelfleet.storage.object_store import ObjectStore


class ReleaseProgress(Document):
    """Progress of the version on trial. `arms` and `standing` are an experiment's.

    `shares` are all shares of a release before full traffic.
    """

    noun = "release progress"
    error = ReleaseError

    model: str
    version: str
    execution: str = ""
    measured_at: datetime
    shares: tuple[float, ...] = ()
    next_check_at: datetime | None = None
    checks: tuple[TrialCheck, ...] = ()
    arms: tuple[ArmSummary, ...] = ()
    standing: Standing | None = None


def progress(store: ObjectStore, model: str) -> ReleaseProgress | None:
    """Return the newest progress; it may be of a version whose trial has ended.

    Raises
    ------
    ReleaseError
        If it is not readable.
    """
    key = keys.release_progress(model)
    try:
        return parsed(key, store.get(key).content, ReleaseProgress.parse)
    except ObjectNotFoundError:
        return None


def show_release(
    store: ObjectStore, state: RetrainingState, trial: TrialState, plan: TrialPlan, now: datetime
) -> None:
    """Store the progress of a release after one of its steps."""
    if state.registered is None:
        return
    waits = trial.phase is Phase.WATCH
    found = ReleaseProgress(
        model=state.model,
        version=state.registered.version,
        execution=state.execution,
        measured_at=now,
        shares=plan.shares,
        next_check_at=now + timedelta(seconds=trial.wait_seconds) if waits else None,
        checks=trial.checks,
    )
    store.put(keys.release_progress(state.model), found.to_json())


def show_experiment(
    spec: ModelSpec, store: ObjectStore, lake: ObjectStore, metrics: MetricReader, clock: Clock
) -> None:
    """Measure both arms of an experiment, if one runs, and store its progress."""
    released, now = pointer.current(store, spec.name), clock()
    challenger = released.challenger if released else None
    if released is None or challenger is None or challenger.experiment is None:
        return
    since = released.trial_since or released.written_at
    versions = [released.champion, challenger.version]
    evidence = gather(spec, versions, since, now, lake, metrics)
    found = ReleaseProgress(
        model=spec.name,
        version=challenger.version,
        measured_at=now,
        arms=(summary(evidence.champion), summary(evidence.challenger)),
        standing=standing(evidence, spec.release.limits),
    )
    store.put(keys.release_progress(spec.name), found.to_json())
