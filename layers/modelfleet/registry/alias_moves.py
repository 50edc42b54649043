"""Moves the registry's aliases, and keeps who moved which of them, when and why."""

from collections.abc import Mapping

from modelfleet.registry.aliases import Alias, AliasMove, read_move
from modelfleet.registry.model_registry import ModelRegistry
from modelfleet.registry.pointer import ReleasePointer
from modelfleet.storage import keys
from modelfleet.storage.documents import parsed
from modelfleet.storage.object_store import ObjectStore


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
    content = move.model_dump_json(indent=2).encode()
    artifacts.put(keys.alias_move(move.model, move.alias, move.moved_at), content)
    registry.move_alias(move)


def alias_moves(artifacts: ObjectStore, model: str) -> list[AliasMove]:
    """Every recorded move of a model's aliases, the oldest first."""
    recorded = sorted(artifacts.keys(keys.alias_moves(model)))
    return [parsed(key, artifacts.get(key).content, read_move) for key in recorded]


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
