"""Firehose writes one object per folder, not one per record."""

import pytest

from cli.local_cloud.engine.record_batches import ObjectWriter

Written = list[tuple[str, str, bytes]]


@pytest.fixture
def written() -> Written:
    """Objects in the order in which they were written."""
    return []


@pytest.fixture
def objects(written: Written) -> ObjectWriter:
    """Write objects to the list."""
    return ObjectWriter(lambda *each: written.append(each))


def test_an_object_outside_a_batch(objects: ObjectWriter, written: Written) -> None:
    """Outside a batch, each object is written immediately."""
    objects.put("lake", "a/1", b"x")
    assert written == [("lake", "a/1", b"x")]


def test_records_of_a_folder_are_one_object(objects: ObjectWriter, written: Written) -> None:
    """Each folder of each bucket gets one object with all its records, in order."""
    with objects.batching():
        for key, content in (("a/1", b"x\n"), ("b/2", b"y\n"), ("a/3", b"z\n")):
            objects.put("lake", key, content)
        objects.put("other", "a/4", b"w\n")
        assert written == []
    assert written == [
        ("lake", "a/1", b"x\nz\n"),
        ("lake", "b/2", b"y\n"),
        ("other", "a/4", b"w\n"),
    ]


def test_a_batch_that_fails_writes_nothing(objects: ObjectWriter, written: Written) -> None:
    """A failed batch is sent again, so it must not leave objects, nor affect later ones."""
    with pytest.raises(ValueError, match="broken"), objects.batching():  # noqa: PT012  both lines fail together
        objects.put("lake", "a/1", b"x")
        raise ValueError("broken")
    objects.put("lake", "a/2", b"y")
    assert written == [("lake", "a/2", b"y")]
