"""Verifies a restored model: registered, complete, and with unchanged scores."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from modelfleet.evaluation.scorer import Scorer
from modelfleet.registry.bundle_store import BundleStore
from modelfleet.registry.pointer import ReleasePointer
from modelfleet.release.smoke_test import same_score
from modelfleet.serving.load import load
from modelfleet.serving.replay import ReplayRequest, replay
from modelfleet.spec.errors import ModelfleetError, ObjectNotFoundError, RestoreError
from modelfleet.spec.model import ModelSpec
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore


@dataclass(frozen=True)
class RestoredModel:
    """A restored champion, with the number of held-out rows that it scores as before."""

    model: str
    champion: str
    rows: int


def check_restored(
    spec: ModelSpec,
    store: ObjectStore,
    registered: Callable[[str], Collection[str]],
    open_scorer: Callable[[bytes], Scorer],
) -> RestoredModel:
    """Check the champion that the restored release pointer names.

    Parameters
    ----------
    spec
        The model.
    store
        The restored artifacts bucket.
    registered
        The versions of a model in the restored registry.
    open_scorer
        Creates a scorer from `model.onnx`.

    Raises
    ------
    RestoreError
        If the pointer, the registered version, or the bundle is missing, or scores differ.
    """
    try:
        champion = ReleasePointer.parse(store.get(keys.release_pointer(spec.name)).content).champion
        if champion not in registered(spec.name):
            raise RestoreError(f"{spec.name} {champion} is not in the restored registry")
        return RestoredModel(spec.name, champion, _replayed(spec, store, champion, open_scorer))
    except ObjectNotFoundError as error:
        raise RestoreError(f"{spec.name} was not restored completely: {error}") from error


def _replayed(
    spec: ModelSpec, store: ObjectStore, version: str, open_scorer: Callable[[bytes], Scorer]
) -> int:
    try:
        served = load(store, spec, version, open_scorer)
        stored = BundleStore(store).replay(served.manifest)
    except ObjectNotFoundError:
        raise
    except ModelfleetError as error:
        raise RestoreError(f"{spec.name} {version} is damaged: {error}") from error
    answered = replay(spec, ReplayRequest(version=version, rows=stored.rows), lambda _: served).rows
    differing = sum(
        not same_score(spec, row.score, score)
        for row, score in zip(answered, stored.scores, strict=True)
    )
    if differing:
        raise RestoreError(f"{spec.name} {version} scores {differing} held-out rows differently")
    return len(stored.rows)
