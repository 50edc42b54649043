"""The fourth step of a retraining: a version in the registry, and its bundle for good."""

from modelfleet.domain.errors import StepError
from modelfleet.domain.gate import Decision
from modelfleet.domain.messages import Registered, RetrainingState, Trained
from modelfleet.domain.ports import ModelRegistry, ObjectStore
from modelfleet.domain.spec import ModelSpec
from modelfleet.pipelines.bundle import FOLDER, Bundle, candidate_folder, publish, read_bundle
from modelfleet.pipelines.run_record import failing_run_is_marked

CHALLENGER_ALIAS = "challenger"


def register(
    spec: ModelSpec, state: RetrainingState, artifacts: ObjectStore, registry: ModelRegistry
) -> Registered:
    """Give the candidate a version; asked again, answer the same and finish what was begun.

    Parameters
    ----------
    spec
        The model.
    state
        The machine's data after `evaluate`.
    artifacts
        The bucket; the bundle is copied from staging to the version's own folder.
    registry
        The record of runs and versions.

    Raises
    ------
    StepError
        If nothing is evaluated, or the gate blocked the candidate.
    BundleError
        If the candidate is not whole, or the version's folder holds another bundle.
    """
    trained = _registrable(spec, state)
    run = registry.open_run(trained.run_id)
    with failing_run_is_marked(registry, run.run_id):
        candidate = read_bundle(artifacts, candidate_folder(state))
        source = f"runs:/{run.run_id}/{FOLDER}"
        tags = {"execution": state.execution}
        version = registry.register(spec.name, run.run_id, source, tags)
        manifest = candidate.manifest.model_copy(update={"version": version})
        publish(artifacts, Bundle(manifest, candidate.files))
        registry.set_alias(spec.name, CHALLENGER_ALIAS, version)
        registry.finish_run(run.run_id)
    return Registered(version=version)


def _registrable(spec: ModelSpec, state: RetrainingState) -> Trained:
    if state.trained is None or state.evaluated is None:
        raise StepError(f"{spec.name}: register comes after evaluate")
    verdict = state.evaluated.verdict
    if verdict.decision is Decision.BLOCK:
        raise StepError(f"{spec.name}: the gate blocked it: {'; '.join(verdict.reasons)}")
    return state.trained
