"""The record step: the registry's aliases follow the release pointer."""

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
    """Move the aliases to where the pointer is, each with the pointer's author and reason.

    A version that the gate kept back goes on as the challenger. After a rollback by hand there is
    nothing but the pointer to go by, and nothing else is needed.

    Parameters
    ----------
    spec
        The model.
    state
        The machine's data; its execution is put on the moves.
    artifacts
        The bucket with the pointer and the record of moves.
    registry
        Where the aliases are.
    now
        The time to put on the moves.

    Raises
    ------
    ObjectNotFoundError
        If nothing was ever released.
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
