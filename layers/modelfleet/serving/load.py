"""Loads a version from its bundle and checks that it scores."""

from collections.abc import Callable
from dataclasses import dataclass

from modelfleet.evaluation.scorer import Scorer
from modelfleet.registry.bundle_store import BundleStore
from modelfleet.registry.manifest import (
    MODEL_FILE,
    BundleManifest,
)
from modelfleet.serving.answers import outcomes
from modelfleet.spec.errors import BundleError
from modelfleet.spec.model import ModelSpec
from modelfleet.storage.object_store import ObjectStore


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A loaded version, ready to score."""

    manifest: BundleManifest
    scorer: Scorer


def load(
    store: ObjectStore, spec: ModelSpec, version: str, open_scorer: Callable[[bytes], Scorer]
) -> ServedModel:
    """Load a version.

    Parameters
    ----------
    store
        The artifacts bucket.
    spec
        The model's declaration in the serving code, which the bundle must match.
    version
        The registered version.
    open_scorer
        Creates a scorer from `model.onnx`.

    Raises
    ------
    ObjectNotFoundError
        If the bundle or one of its files is missing.
    BundleError
        If it is altered, belongs to another model, or needs columns that requests do not have.
    ScoringError
        If it cannot score the features' example.
    """
    bundles = BundleStore(store)
    manifest = bundles.manifest(spec.name, version)
    _check(manifest, spec, version)
    scorer = open_scorer(bundles.file(manifest, MODEL_FILE))
    outcomes(manifest, scorer.score(manifest.encoding.encode([spec.features.example()])))
    return ServedModel(manifest, scorer)


def _check(manifest: BundleManifest, spec: ModelSpec, version: str) -> None:
    name = f"{spec.name} {version}"
    if (manifest.model, manifest.version) != (spec.name, version):
        raise BundleError(f"{name}: the manifest belongs to {manifest.model} {manifest.version}")
    if manifest.task != spec.task:
        raise BundleError(
            f"{name}: the bundle's task is {manifest.task}, the model's is {spec.task}"
        )
    if unknown := set(manifest.classes or ()) - set(spec.classes):
        raise BundleError(f"{name}: the model does not declare the classes {sorted(unknown)}")
    if unknown := set(manifest.encoding.names) - set(spec.feature_names):
        raise BundleError(f"{name}: the model does not declare the columns {sorted(unknown)}")
