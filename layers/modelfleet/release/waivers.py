"""Waivers for challengers whose scores may differ from the champion's."""

from modelfleet.evaluation.gate import is_better
from modelfleet.registry.bundle_store import BundleStore
from modelfleet.registry.manifest import DataFingerprint
from modelfleet.retraining.state import RetrainingState
from modelfleet.spec.model import ModelSpec
from modelfleet.storage.object_store import ObjectStore


def waived_by_data(store: ObjectStore, model: str, version: str, champion: str) -> str:
    """Return the reason why the versions may differ; empty if they may not.

    A champion trained on generated rows is no reference for a challenger trained on real rows:
    different scores and decisions are the purpose of retraining.

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
    """Return the reason why the versions may differ if the gate found the new one better.

    A version that is right more often has to decide differently. Empty if the gate did not find it
    better, or compared it with another champion.
    """
    comparison = state.evaluated.comparison if state.evaluated else None
    if comparison is None or comparison.champion_version != champion or not is_better(comparison):
        return ""
    return f"scores may differ from version {champion}, which the gate found worse"


def waived_by_learning(
    spec: ModelSpec, state: RetrainingState, store: ObjectStore, version: str, champion: str
) -> str:
    """Return the reason why scores of replayed rows may differ if only one version learned them.

    A served model learns the held-out rows, except recent predictions. Its champion has learned
    most of them too, unless it is of an older release, or rows are held out because they are new.
    Traffic is new to both.

    Raises
    ------
    ObjectNotFoundError
        If one of the versions has no manifest.
    """
    mine, theirs = (BundleStore(store).manifest(spec.name, one) for one in (version, champion))
    recent = state.prepared is not None and state.prepared.recent
    if mine.judged is None or recent or (theirs.judged is not None and spec.time is None):
        return ""
    return f"scores of held-out rows may differ from version {champion}, which did not learn them"


def _data(store: ObjectStore, model: str, version: str) -> DataFingerprint:
    return BundleStore(store).manifest(model, version).data
