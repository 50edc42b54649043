"""Aliases of registered versions, and the audit trail of their moves."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from modelfleet.registry.model_registry import ModelRegistry
from modelfleet.registry.pointer import ReleasePointer
from modelfleet.spec.document import Document
from modelfleet.spec.errors import ReleaseError
from modelfleet.storage import keys
from modelfleet.storage.documents import parsed
from modelfleet.storage.object_store import ObjectStore


class Alias(StrEnum):
    """Role of a version.

    `champion` serves, `previous` was the champion before it, and `challenger` is a registered
    version that does not serve all traffic: its release is in progress, or the gate kept it.
    """

    CHAMPION = "champion"
    CHALLENGER = "challenger"
    PREVIOUS = "previous"


class AliasMove(Document):
    """Move of an alias to another version, or its removal: who, when, why, in which execution.

    `execution` is that of the retraining or of the rollback.
    """

    noun = "record of an alias move"
    error = ReleaseError

    model: str
    alias: Alias
    version: str | None
    moved_by: str
    moved_at: datetime
    reason: str
    execution: str

    @property
    def line(self) -> str:
        """One-line summary of the move."""
        return (
            f"{self.moved_at:%Y-%m-%d %H:%M:%S} by {self.moved_by}, "
            f"execution {self.execution}: {self.reason}"
        )


def move_alias(registry: ModelRegistry, artifacts: ObjectStore, move: AliasMove) -> None:
    """Point an alias to a version, or remove it; do nothing if it is already there.

    The record is written first, so that no alias moves without one. If an attempt fails between the
    two, the retry records the move again.

    Parameters
    ----------
    registry
        Model registry with the aliases.
    artifacts
        Bucket with the records, one object per move.
    move
        The move, with author and reason.
    """
    if registry.aliases(move.model).get(move.alias) == move.version:
        return
    content = move.to_json()
    artifacts.put(keys.alias_move(move.model, move.alias, move.moved_at), content)
    registry.move_alias(move)


def alias_moves(artifacts: ObjectStore, model: str) -> list[AliasMove]:
    """Return all recorded moves of a model's aliases, oldest first."""
    recorded = sorted(artifacts.keys(keys.alias_moves(model)))
    return [parsed(key, artifacts.get(key).content, AliasMove.parse) for key in recorded]


def aliases_after(pointer: ReleasePointer, before: Mapping[str, str]) -> dict[Alias, str | None]:
    """Return the version of each alias, given the release pointer and the previous aliases.

    A registered version that does not serve stays the challenger, unless it was released and rolled
    back.
    """
    kept = before.get(Alias.CHALLENGER)
    waiting = None if kept in (pointer.champion, pointer.previous, pointer.taken_back) else kept
    return {
        Alias.CHAMPION: pointer.champion,
        Alias.PREVIOUS: pointer.previous,
        Alias.CHALLENGER: pointer.challenger.version if pointer.challenger else waiting,
    }
