"""Scores held-out rows with the new version in the deployed predict function."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from modelfleet.registry import pointer_store as pointer
from modelfleet.registry.bundle_store import BundleStore
from modelfleet.registry.manifest import Replay
from modelfleet.release.judge import ArmEvidence, Evidence, judge, score_psi
from modelfleet.release.waivers import waived_by_data, waived_by_gate, waived_by_learning
from modelfleet.retraining.state import RetrainingState, Smoked
from modelfleet.retraining.trial import TrialPlan
from modelfleet.serving.answers import disagree, is_valid
from modelfleet.serving.replay import ReplayAnswer, ReplayedRow, ReplayRequest
from modelfleet.spec.errors import BundleError, ObjectNotFoundError, ReleaseError
from modelfleet.spec.model import ModelSpec
from modelfleet.storage.object_store import ObjectStore

# Relative tolerance for float32 scores of the same model and row on different processors.
TOLERANCE = 1e-4
_ROWS_AT_ONCE = 50

AskVersion = Callable[[ReplayRequest], ReplayAnswer]


def smoke_test(
    spec: ModelSpec,
    state: RetrainingState,
    store: ObjectStore,
    ask: AskVersion,
    plan: TrialPlan,
) -> Smoked:
    """Score the version's held-out rows in the deployed function, with it and with the champion.

    Parameters
    ----------
    spec
        The model.
    state
        The state machine's data after `register`.
    store
        The artifacts bucket.
    ask
        Calls the deployed predict function.
    plan
        The release's plan, for its limits.

    Raises
    ------
    ReleaseError
        If no version is registered, or it does not score its rows as it did in training.
    """
    if state.registered is None:
        raise ReleaseError(f"{spec.name}: a release needs a registered version")
    version = state.registered.version
    replay = _replay(store, spec.name, version)
    released = pointer.current(store, spec.name)
    champion = released.champion if released and released.champion != version else None
    answers = _answers(ask, [version] + ([champion] if champion else []), replay)
    _compare_with_stored(spec, version, replay, answers[version])
    if champion is None:
        return Smoked(rows=len(replay.rows))
    evidence, better = _evidence(spec, version, champion, answers), waived_by_gate(state, champion)
    unlike = (
        waived_by_data(store, spec.name, version, champion)
        or better
        or waived_by_learning(spec, state, store, version, champion)
    )
    judgement = judge(replace(evidence, unlike=unlike), plan, held_out=True)
    index = score_psi(evidence) if better else 0.0
    return Smoked(rows=len(replay.rows), judgement=judgement, score_psi=index)


def _replay(store: ObjectStore, model: str, version: str) -> Replay:
    bundles = BundleStore(store)
    try:
        manifest = bundles.manifest(model, version)
        if manifest.version != version:
            raise BundleError(
                f"{model} {version}: its bundle belongs to version {manifest.version}"
            )
        return bundles.replay(manifest)
    except ObjectNotFoundError as error:
        raise BundleError(
            f"{model} {version} has no held-out rows to test; retrain it: fleet retrain {model}"
        ) from error


def _answers(
    ask: AskVersion, versions: Sequence[str], replay: Replay
) -> dict[str, list[ReplayedRow]]:
    """Call the versions alternately, so that load spikes affect both latencies."""
    answers: dict[str, list[ReplayedRow]] = {version: [] for version in versions}
    for start in range(0, len(replay.rows), _ROWS_AT_ONCE):
        rows = replay.rows[start : start + _ROWS_AT_ONCE]
        for version in versions:
            answers[version] += ask(ReplayRequest(version=version, rows=rows)).rows
    return answers


def _compare_with_stored(
    spec: ModelSpec, version: str, replay: Replay, answers: Sequence[ReplayedRow]
) -> None:
    failed = [row.error for row in answers if row.error is not None]
    if failed:
        raise ReleaseError(
            f"{spec.name} {version} failed on {len(failed):,} of {len(answers):,} held-out rows in "
            f"the deployed function: {failed[0]}"
        )
    differing = sum(
        not same_score(spec, row.score, stored)
        for row, stored in zip(answers, replay.scores, strict=True)
    )
    if differing:
        raise ReleaseError(
            f"{spec.name} {version} scores {differing:,} of {len(answers):,} held-out rows "
            "differently in the deployed function than in training"
        )


def same_score(spec: ModelSpec, score: float | None, stored: float) -> bool:
    """Return whether a score equals the one in training, within the tolerance for processors."""
    low, high = spec.task.kind.score_range
    stored = min(max(stored, low), high)
    return score is not None and abs(score - stored) <= TOLERANCE * max(1.0, abs(stored))


def _evidence(
    spec: ModelSpec, version: str, champion: str, answers: dict[str, list[ReplayedRow]]
) -> Evidence:
    pairs = [
        (new.output, old.output)
        for new, old in zip(answers[version], answers[champion], strict=True)
        if new.output is not None and old.output is not None
    ]
    return Evidence(
        champion=_arm(spec, champion, answers[champion]),
        challenger=_arm(spec, version, answers[version]),
        scored_by_both=len(pairs),
        disagreements=sum(disagree(new, old) for new, old in pairs),
    )


def _arm(spec: ModelSpec, version: str, rows: Sequence[ReplayedRow]) -> ArmEvidence:
    answered = [row for row in rows if row.error is None]
    valid = [row for row in answered if row.output and is_valid(spec, row.output)]
    return ArmEvidence(
        version=version,
        requests=len(rows),
        errors=len(rows) - len(answered),
        invalid=len(answered) - len(valid),
        latencies_ms=[row.latency_ms for row in answered if row.latency_ms is not None],
        scores=[row.score for row in valid if row.score is not None],
    )
