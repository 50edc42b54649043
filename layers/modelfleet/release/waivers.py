"""When a challenger's scores need not resemble the champion's."""

from modelfleet.evaluation.gate import is_better
from modelfleet.registry.bundle_store import BundleStore
from modelfleet.registry.manifest import DataFingerprint
from modelfleet.retraining.state import RetrainingState
from modelfleet.storage.object_store import ObjectStore


def waived_by_data(store: ObjectStore, model: str, version: str, champion: str) -> str:
    """Why the two may differ, in words; empty where they may not.

    What generated rows taught a champion is no measure of what real ones teach its successor:
    other scores and other decisions are then what one retrains for.

    Raises
    ------
    ObjectNotFoundError
        If one of the versions has no manifest.
    """
    mine, theirs = (_data(store, model, one) for one in (version, champion))
    if not mine.outranks(theirs):
        return ""
    return f"scores may differ from version {champion}, which was trained on generated rows"


def waived_by_gate(state: RetrainingState, champion: str) -> str:
    """Why the two may differ on held-out rows, in words: the gate found the new one better there.

    Who is right more often must decide otherwise. Empty where the gate did not find that, or
    compared with another champion.
    """
    comparison = state.evaluated.comparison if state.evaluated else None
    if comparison is None or comparison.champion_version != champion or not is_better(comparison):
        return ""
    return f"scores may differ from version {champion}, which the gate found worse"


def _data(store: ObjectStore, model: str, version: str) -> DataFingerprint:
    return BundleStore(store).manifest(model, version).data
