"""The last step of a retraining: the registry's aliases name what the release pointer names."""

from collections.abc import Mapping
from datetime import datetime

from modelfleet.domain import keys
from modelfleet.domain.aliases import Alias, AliasMove
from modelfleet.domain.messages import Recorded, RetrainingState
from modelfleet.domain.ports import ModelRegistry, ObjectStore
from modelfleet.domain.release import ReleasePointer, read_pointer
from modelfleet.domain.spec import ModelSpec
from modelfleet.pipelines.aliases import move_alias


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
    pointer = read_pointer(artifacts.get(keys.release_pointer(spec.name)).content)
    for alias, version in _named(pointer, registry.aliases(spec.name)).items():
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


def _named(pointer: ReleasePointer, before: Mapping[str, str]) -> dict[Alias, str | None]:
    """What each alias names after the pointer's move."""
    kept = before.get(Alias.CHALLENGER)
    waiting = None if kept in (pointer.champion, pointer.previous) else kept
    return {
        Alias.CHAMPION: pointer.champion,
        Alias.PREVIOUS: pointer.previous,
        Alias.CHALLENGER: pointer.challenger.version if pointer.challenger else waiting,
    }
