"""Register step: registers a version and publishes its bundle."""

from datetime import datetime

from modelfleet.evaluation.gate import Decision
from modelfleet.registry.alias_move import Alias, AliasMove
from modelfleet.registry.aliases import move_alias
from modelfleet.registry.bundle_store import Bundle, BundleStore, read_bundle
from modelfleet.registry.manifest import CARD_FILE, sha256
from modelfleet.registry.model_registry import ModelRegistry
from modelfleet.retraining.state import Evaluated, Registered, RetrainingState, Trained
from modelfleet.spec.errors import StepError
from modelfleet.spec.model import ModelSpec
from modelfleet.storage.object_store import ObjectStore
from modelfleet.training.card.build import with_verdict
from modelfleet.training.run_record import (
    failing_run_is_marked,
    record_registration,
    run_description,
    version_tags,
)
from modelfleet.training.staging import FOLDER, candidate_folder


def register(
    spec: ModelSpec,
    state: RetrainingState,
    artifacts: ObjectStore,
    registry: ModelRegistry,
    now: datetime,
) -> Registered:
    """Register the candidate as a version; idempotent, so a retry completes a partial attempt.

    Parameters
    ----------
    spec
        The model.
    state
        State of the retraining after `evaluate`.
    artifacts
        Bucket in which the bundle is copied from staging to the version's folder.
    registry
        Model registry with runs and versions.
    now
        Time of the alias move.

    Raises
    ------
    StepError
        If there is no evaluated candidate, or the gate blocked it.
    BundleError
        If the candidate's bundle is incomplete, or the version's folder holds another bundle.
    """
    trained, evaluated = _registrable(spec, state)
    run = registry.open_run(trained.run_id)
    with failing_run_is_marked(registry, run.run_id):
        candidate = read_bundle(artifacts, candidate_folder(state))
        source = f"runs:/{run.run_id}/{FOLDER}"
        tags = version_tags(candidate.manifest, state.execution, evaluated.verdict)
        version = registry.register(spec.name, run.run_id, source, tags)
        bundle = _registered(candidate, version, evaluated)
        BundleStore(artifacts).publish(bundle)
        run.describe(run_description(state, bundle.manifest, version))
        record_registration(run, bundle)
        move_alias(registry, artifacts, _challenger(state, version, evaluated, now))
        registry.finish_run(run.run_id)
    return Registered(version=version)


def _registrable(spec: ModelSpec, state: RetrainingState) -> tuple[Trained, Evaluated]:
    if state.trained is None or state.evaluated is None:
        raise StepError(f"{spec.name}: register requires an evaluated candidate")
    verdict = state.evaluated.verdict
    if verdict.decision is Decision.BLOCK:
        raise StepError(f"{spec.name}: blocked by the gate: {'; '.join(verdict.reasons)}")
    return state.trained, state.evaluated


def _registered(candidate: Bundle, version: str, evaluated: Evaluated) -> Bundle:
    """Return the candidate's bundle with its version, and the verdict in its card."""
    card = with_verdict(
        candidate.files[CARD_FILE], evaluated.verdict, evaluated.comparison, version
    )
    checksums = {**candidate.manifest.files, CARD_FILE: sha256(card)}
    manifest = candidate.manifest.model_copy(update={"version": version, "files": checksums})
    return Bundle(manifest, {**candidate.files, CARD_FILE: card})


def _challenger(
    state: RetrainingState, version: str, evaluated: Evaluated, now: datetime
) -> AliasMove:
    verdict = evaluated.verdict
    return AliasMove(
        model=state.model,
        alias=Alias.CHALLENGER,
        version=version,
        moved_by=f"register, retraining by {state.trigger}",
        moved_at=now,
        reason=f"{verdict.decision}: {'; '.join(verdict.reasons)}",
        execution=state.execution,
    )
