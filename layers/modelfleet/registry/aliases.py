"""Aliases of registered versions, and the record of every move."""

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
    """What a version is to its model.

    `champion` serves, `previous` served before it, `challenger` is registered and does not serve
    all traffic: it is on its way there, or the gate kept it back.
    """

    CHAMPION = "champion"
    CHALLENGER = "challenger"
    PREVIOUS = "previous"


class AliasMove(Document):
    """An alias that names another version from now on, or none: who did it, why, and in which run.

    `execution` is the retraining's, or that of the command which took a release back.
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
        """The move in words."""
        return (
            f"{self.moved_at:%Y-%m-%d %H:%M:%S} by {self.moved_by}, "
            f"execution {self.execution}: {self.reason}"
        )


def move_alias(registry: ModelRegistry, artifacts: ObjectStore, move: AliasMove) -> None:
    """Let an alias name a version, or nothing; an alias that does so already is left alone.

    The record is written first: what an attempt that broke off did not move, the retry moves and
    records again, and no alias is ever moved without a record.

    Parameters
    ----------
    registry
        Where the aliases are.
    artifacts
        The bucket with the records, one object a move.
    move
        The move, with who and why.
    """
    if registry.aliases(move.model).get(move.alias) == move.version:
        return
    content = move.to_json()
    artifacts.put(keys.alias_move(move.model, move.alias, move.moved_at), content)
    registry.move_alias(move)


def alias_moves(artifacts: ObjectStore, model: str) -> list[AliasMove]:
    """Every recorded move of a model's aliases, the oldest first."""
    recorded = sorted(artifacts.keys(keys.alias_moves(model)))
    return [parsed(key, artifacts.get(key).content, AliasMove.parse) for key in recorded]


def aliases_after(pointer: ReleasePointer, before: Mapping[str, str]) -> dict[Alias, str | None]:
    """What each alias is to name, given the release pointer and what they named before.

    A version that was registered and does not serve stays the challenger, unless it was released
    and taken back.
    """
    kept = before.get(Alias.CHALLENGER)
    waiting = None if kept in (pointer.champion, pointer.previous, pointer.taken_back) else kept
    return {
        Alias.CHAMPION: pointer.champion,
        Alias.PREVIOUS: pointer.previous,
        Alias.CHALLENGER: pointer.challenger.version if pointer.challenger else waiting,
    }
