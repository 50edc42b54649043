"""The step record: the aliases follow the release pointer, each move with its author and reason."""

import pytest

from modelfleet.adapters.memory_registry import MemoryRegistry
from modelfleet.adapters.object_store import memory_store
from modelfleet.catalogue import find
from modelfleet.registry.aliases import alias_moves
from modelfleet.registry.pointer import Challenger, ReleasePointer
from modelfleet.retraining.state import RetrainingState
from modelfleet.spec.errors import ObjectNotFoundError
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
from modelfleet.training.record import record
from tests.training import NOW

SPEC = find("bankchurn")
STATE = RetrainingState(model="bankchurn", execution="second")


def point(
    store: ObjectStore, champion: str, previous: str | None, challenger: Challenger | None = None
) -> None:
    """Let the pointer name versions."""
    pointer = ReleasePointer(
        model="bankchurn",
        champion=champion,
        challenger=challenger,
        previous=previous,
        written_by="ada",
        written_at=NOW,
        reason="rollback: scores look wrong",
    )
    store.put(keys.release_pointer("bankchurn"), pointer.model_dump_json().encode())


def registry_before(**aliases: str) -> MemoryRegistry:
    """A registry with aliases."""
    registry = MemoryRegistry()
    registry.named["bankchurn"] = aliases
    return registry


@pytest.mark.parametrize(
    ("champion", "previous", "aliases"),
    [
        ("2", None, {"champion": "2"}),
        ("2", "1", {"champion": "2", "previous": "1"}),
        ("1", None, {"champion": "1", "challenger": "2"}),  # the gate kept version 2 back
        ("1", "2", {"champion": "1", "previous": "2"}),  # version 2 was taken back
    ],
)
def test_aliases_name_what_the_pointer_names(
    champion: str, previous: str | None, aliases: dict[str, str]
) -> None:
    """After record, twice or once, champion and previous are the pointer's."""
    store = memory_store()
    registry = registry_before(challenger="2", champion="1", previous="0")
    point(store, champion, previous)
    for _ in range(2):
        answer = record(SPEC, STATE, store, registry, NOW)
        assert (answer.champion, answer.previous) == (champion, previous)
        assert registry.aliases("bankchurn") == aliases


def test_challenger_with_a_share_has_the_alias() -> None:
    """While a version takes a share of the traffic, it is the challenger."""
    store, registry = memory_store(), registry_before(champion="1", challenger="2")
    point(store, "1", None, Challenger(version="3", share=0.1))
    record(SPEC, STATE, store, registry, NOW)
    assert registry.aliases("bankchurn") == {"champion": "1", "challenger": "3"}


def test_challenger_that_was_taken_back_has_no_alias() -> None:
    """A version whose trial ended in a rollback does not go on waiting for its turn."""
    store, registry = memory_store(), registry_before(champion="1", challenger="2")
    point(store, "1", None)
    pointer = ReleasePointer.parse(store.get(keys.release_pointer("bankchurn")).content)
    taken = pointer.model_copy(update={"taken_back": "2"})
    store.put(keys.release_pointer("bankchurn"), taken.model_dump_json().encode())
    record(SPEC, STATE, store, registry, NOW)
    assert registry.aliases("bankchurn") == {"champion": "1"}


def test_each_move_is_on_record() -> None:
    """The record has each alias that moved, with the pointer's author and reason, and no other."""
    store, registry = memory_store(), registry_before(champion="2", previous="1")
    point(store, "1", "2")
    for _ in range(2):
        record(SPEC, STATE, store, registry, NOW)
    moves = alias_moves(store, "bankchurn")
    assert {(move.alias, move.version) for move in moves} == {("champion", "1"), ("previous", "2")}
    assert {move.execution for move in moves} == {"second"}
    assert {move.line for move in moves} == {
        "2026-01-05 12:00:00 by ada, execution second: rollback: scores look wrong"
    }


def test_alias_that_goes_is_on_record_too() -> None:
    """An alias that names nothing any more is a move like any other."""
    store, registry = memory_store(), registry_before(champion="2", challenger="2")
    point(store, "2", None)
    record(SPEC, STATE, store, registry, NOW)
    (move,) = alias_moves(store, "bankchurn")
    assert (move.alias, move.version) == ("challenger", None)


def test_nothing_released_cannot_be_recorded() -> None:
    """Without a pointer there is nothing that the aliases could name."""
    with pytest.raises(ObjectNotFoundError):
        record(SPEC, STATE, memory_store(), MemoryRegistry(), NOW)
