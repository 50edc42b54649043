"""Record step: moves the registry's aliases to match the release pointer."""

from datetime import datetime

from modelfleet.registry.aliases import AliasMove, aliases_after, move_alias
from modelfleet.registry.model_registry import ModelRegistry
from modelfleet.registry.pointer_store import read
from modelfleet.retraining.state import Recorded, RetrainingState
from modelfleet.spec.model import ModelSpec
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore


def record(
    spec: ModelSpec,
    state: RetrainingState,
    artifacts: ObjectStore,
    registry: ModelRegistry,
    now: datetime,
) -> Recorded:
    """Move the aliases to match the pointer, with the pointer's author and reason.

    A version that the gate decided to keep remains the challenger. The pointer alone determines the
    aliases, so this also works after a manual rollback.

    Parameters
    ----------
    spec
        The model.
    state
        State of the retraining; each move records its execution.
    artifacts
        Bucket with the pointer and the record of moves.
    registry
        Model registry with the aliases.
    now
        Time of the moves.

    Raises
    ------
    ObjectNotFoundError
        If no version has been released yet.
    """
    pointer = read(spec.name, artifacts.get(keys.release_pointer(spec.name)).content)
    for alias, version in aliases_after(pointer, registry.aliases(spec.name)).items():
        move = AliasMove(
            model=spec.name,
            alias=alias,
            version=version,
            moved_by=pointer.written_by,
            moved_at=now,
            reason=pointer.reason,
            execution=state.execution,
        )
        move_alias(registry, artifacts, move)
    return Recorded(champion=pointer.champion, previous=pointer.previous)
