"""Aliases move in one place, with a record, and by two steps alone."""

import ast
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

import modelfleet
from modelfleet.adapters.memory_registry import MemoryRegistry
from modelfleet.adapters.object_store import memory_store
from modelfleet.registry.alias_move import Alias, AliasMove
from modelfleet.registry.aliases import alias_moves, move_alias
from tests.training import NOW

REPOSITORY = Path(modelfleet.__path__[0]).parents[1]
ROOMS = ("cdk", "cli", "functions", "layers")
# Who may say each of these words, and nobody else.
MAY_MOVE = {
    "set_registered_model_alias": {"layers/modelfleet/adapters/mlflow_registry.py"},
    "delete_registered_model_alias": {"layers/modelfleet/adapters/mlflow_registry.py"},
    "move_alias": {
        "layers/modelfleet/adapters/memory_registry.py",
        "layers/modelfleet/adapters/mlflow_registry.py",
        "layers/modelfleet/registry/model_registry.py",
        "layers/modelfleet/registry/aliases.py",
        "layers/modelfleet/training/record.py",
        "layers/modelfleet/training/register.py",
    },
}


def names_in(file: Path) -> Iterator[str]:
    """Every name and text in a file's code, whatever it is used for."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.alias | ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.mark.parametrize("word", MAY_MOVE)
def test_only_register_and_record_move_an_alias(word: str) -> None:
    """No other code calls, imports or spells what moves an alias."""
    said = {
        file.relative_to(REPOSITORY).as_posix()
        for room in ROOMS
        for file in (REPOSITORY / room).rglob("*.py")
        if word in names_in(file)
    }
    assert said == MAY_MOVE[word]


def a_move(number: int, version: str | None) -> AliasMove:
    """The move of an alias some minutes after the first."""
    return AliasMove(
        model="bankchurn",
        alias=Alias.CHAMPION,
        version=version,
        moved_by="ada",
        moved_at=NOW + timedelta(minutes=number),
        reason="test",
        execution=f"execution-{number}",
    )


def test_moves_are_told_in_order() -> None:
    """The record has every move with all that was said of it, the oldest first."""
    registry, store = MemoryRegistry(), memory_store()
    moves = [a_move(0, "1"), a_move(9, "2"), a_move(10, None)]
    for move in moves:
        move_alias(registry, store, move)
    assert alias_moves(store, "bankchurn") == moves
    assert alias_moves(store, "leads") == []
    assert registry.aliases("bankchurn") == {}


def test_alias_that_stays_is_no_move() -> None:
    """What an alias names already is not recorded again, under whatever time."""
    registry, store = MemoryRegistry(), memory_store()
    move_alias(registry, store, a_move(0, "1"))
    move_alias(registry, store, a_move(1, "1"))
    assert len(alias_moves(store, "bankchurn")) == 1


class Broken(MemoryRegistry):
    """A registry whose database is away."""

    def move_alias(self, move: AliasMove) -> None:
        """Fail, whatever the move."""
        raise ConnectionError(move.model)


def test_no_alias_moves_without_a_record() -> None:
    """The record is there before the alias moves, so a break between the two loses none."""
    store = memory_store()
    with pytest.raises(ConnectionError):
        move_alias(Broken(), store, a_move(0, "1"))
    assert len(alias_moves(store, "bankchurn")) == 1
