"""Load one version of a model from its bundle, and prove that it answers."""

from collections.abc import Callable
from dataclasses import dataclass

from modelfleet.evaluation.scorer import Scorer
from modelfleet.registry.bundle_store import manifest_of
from modelfleet.registry.manifest import (
    BACKGROUND_FILE,
    CARD_FILE,
    MODEL_FILE,
    BundleManifest,
    read_background,
    verify,
)
from modelfleet.serving.prediction import outcomes
from modelfleet.spec.errors import BundleError
from modelfleet.spec.model import ModelSpec
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A version in memory, ready to score."""

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
        The model as the serving code knows it; the bundle must fit it.
    version
        The registered version.
    open_scorer
        Makes a scorer of `model.onnx`.

    Raises
    ------
    ObjectNotFoundError
        If the bundle or a part of it is absent.
    BundleError
        If it is altered, is another model's, or needs columns that requests do not have.
    ScoringError
        If it does not answer the features' own example.
    """
    folder = keys.bundle(spec.name, version)
    manifest = manifest_of(store, spec.name, version)
    _check(manifest, spec, version)
    content = store.get(f"{folder}/{MODEL_FILE}").content
    verify(manifest, {MODEL_FILE: content})
    scorer = open_scorer(content)
    outcomes(manifest, scorer.score(manifest.encoding.encode([spec.features.example()])))
    return ServedModel(manifest, scorer)


def load_background(store: ObjectStore, manifest: BundleManifest) -> list[list[float]]:
    """Load the rows that a version's explanations compare with.

    They are no part of `load`, because a function that is never asked to explain starts sooner
    without them.

    Returns
    -------
    list
        Encoded rows, shape (rows, columns).

    Raises
    ------
    ObjectNotFoundError
        If the bundle has no such file.
    BundleError
        If it is altered or unreadable.
    """
    folder = keys.bundle(manifest.model, manifest.version)
    content = store.get(f"{folder}/{BACKGROUND_FILE}").content
    verify(manifest, {BACKGROUND_FILE: content})
    return manifest.encoding.encode(read_background(content))


def load_card(store: ObjectStore, manifest: BundleManifest) -> bytes:
    """Load a version's model card; like the background rows it is no part of `load`.

    Raises
    ------
    ObjectNotFoundError
        If the bundle has no such file.
    BundleError
        If it is altered.
    """
    folder = keys.bundle(manifest.model, manifest.version)
    content = store.get(f"{folder}/{CARD_FILE}").content
    verify(manifest, {CARD_FILE: content})
    return content


def _check(manifest: BundleManifest, spec: ModelSpec, version: str) -> None:
    name = f"{spec.name} {version}"
    if (manifest.model, manifest.version) != (spec.name, version):
        raise BundleError(f"{name}: the manifest is of {manifest.model} {manifest.version}")
    if manifest.task is not spec.task:
        raise BundleError(f"{name}: the bundle is for {manifest.task}, the model for {spec.task}")
    if manifest.rule is None:
        raise BundleError(f"{name}: the manifest has no threshold or interval")
    if unknown := set(manifest.classes or ()) - set(spec.classes):
        raise BundleError(f"{name}: answers do not have the classes {sorted(unknown)}")
    if unknown := set(manifest.encoding.names) - set(spec.feature_names):
        raise BundleError(f"{name}: requests do not have the columns {sorted(unknown)}")
