"""Whether a version on trial has to be like the champion that it would replace."""

from modelfleet.domain import keys
from modelfleet.domain.bundle import MANIFEST_FILE, DataFingerprint, read_manifest
from modelfleet.domain.ports import ObjectStore


def unlike_because(store: ObjectStore, model: str, version: str, champion: str) -> str:
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
    return (
        f"scores and decisions need not be those of {champion}, which learned from generated rows"
    )


def _data(store: ObjectStore, model: str, version: str) -> DataFingerprint:
    return read_manifest(store.get(f"{keys.bundle(model, version)}/{MANIFEST_FILE}").content).data
