"""Hashes of entities: keyed, per model, and stable across a rotation of the key."""

import pytest

from modelfleet.adapters.aws.signing_keys import FixedKeys
from modelfleet.outcomes.entities import EntityHashes, entity_of

HASHES = EntityHashes("bankchurn", FixedKeys(b"new", b"old"))


@pytest.mark.parametrize("same", ["4711", 4711, 4711.0, " 4711\n"])
def test_an_id_has_one_hash(same: object) -> None:
    """However a file or a request spells it."""
    assert HASHES.newest(same) == HASHES.newest("4711")


def test_hashes_reveal_nothing_without_the_key() -> None:
    """Another key and another model hash the same ID differently; IDs stay apart."""
    others = [EntityHashes("bankchurn", FixedKeys(b"x")), EntityHashes("leads", FixedKeys(b"new"))]
    made = {each.newest("4711") for each in (HASHES, *others)} | {HASHES.newest("04711")}
    assert len(made) == 4
    assert all(len(each) == 24 and each.isalnum() for each in made)


def test_predictions_of_before_a_rotation_are_found() -> None:
    """The hash under the previous key is known."""
    before = EntityHashes("bankchurn", FixedKeys(b"old")).newest("4711")
    assert HASHES.known("4711") == [HASHES.newest("4711"), before]


def test_blank_ids_are_no_entities() -> None:
    """Zero is an ID."""
    assert [entity_of(each) for each in (None, "", " ", 0, " a ")] == [None, None, None, "0", "a"]
