"""How the local engine's delivery streams write: an object a folder, not a record."""

import pytest

from cli.local_cloud.engine.record_batches import ObjectWriter

Written = list[tuple[str, str, bytes]]


@pytest.fixture
def written() -> Written:
    """What was written, in order."""
    return []


@pytest.fixture
def objects(written: Written) -> ObjectWriter:
    """Write objects into the list."""
    return ObjectWriter(lambda *each: written.append(each))


def test_a_record_alone_is_an_object(objects: ObjectWriter, written: Written) -> None:
    """What is not gathered is written at once."""
    objects.put("lake", "a/1", b"x")
    assert written == [("lake", "a/1", b"x")]


def test_records_of_a_folder_are_one_object(objects: ObjectWriter, written: Written) -> None:
    """Each folder of each bucket gets one object with all of its records, in their order."""
    with objects.gathering():
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
    """What failed is offered again, so none of it may be there; later objects are not kept back."""
    with pytest.raises(ValueError, match="broken"), objects.gathering():  # noqa: PT012  both lines fail together
        objects.put("lake", "a/1", b"x")
        raise ValueError("broken")
    objects.put("lake", "a/2", b"y")
    assert written == [("lake", "a/2", b"y")]
