"""The engine's state on disk is complete and consistent."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.local_cloud.state.generations import (
    DamagedStateError,
    file_of,
    fresh,
    read,
    text_of,
    write,
)

OLD = {"s3": b'{"buckets": 1}', "sqs": b"[]"}
NEW = {"s3": b'{"buckets": 2}', "sqs": b"[]"}


def _state(root: Path) -> dict[str, bytes]:
    generation = read(root).generation
    assert generation is not None
    return {name: file_of(generation, name).read_bytes() for name in generation.manifest.services}


def test_nothing_written_yet(tmp_path: Path) -> None:
    """Before the first generation there is none, which is no damage."""
    assert read(tmp_path / "generations").generation is None


def test_a_generation_is_read_back(tmp_path: Path) -> None:
    """The newest generation is read, and whether it is final."""
    write(tmp_path, OLD, ended=False)
    write(tmp_path, NEW, ended=True)
    found = read(tmp_path).generation
    assert found is not None
    assert found.manifest.ended
    assert _state(tmp_path) == NEW


def test_unchanged_state_is_not_written_again(tmp_path: Path) -> None:
    """An unchanged service is a link, and an unchanged state reuses the previous generation."""
    first = write(tmp_path, OLD, ended=False)
    os.utime(first.folder / "manifest.json", (0, 0))
    again = write(tmp_path, OLD, ended=False)
    assert again.number == first.number
    second = write(tmp_path, NEW, ended=False)
    assert file_of(second, "sqs").samefile(file_of(first, "sqs"))
    assert not file_of(second, "s3").samefile(file_of(first, "s3"))
    found = read(tmp_path).generation
    assert found is not None
    assert found.as_of.year > 1970


def test_a_large_recent_service_is_carried(tmp_path: Path) -> None:
    """It is taken from the previous generation and intact when it is read."""
    write(tmp_path, {"logs": b"x" * 1_000, "s3": b"1"}, ended=False)
    assert fresh(tmp_path, bytes_minimum=100, seconds=60.0) == {"logs"}
    assert fresh(tmp_path, bytes_minimum=100, seconds=0.0) == set()
    second = write(tmp_path, {"s3": b"2"}, ended=False, carried={"logs"})
    assert _state(tmp_path) == {"logs": b"x" * 1_000, "s3": b"2"}
    _cut(file_of(second, "logs"))
    assert fresh(tmp_path, bytes_minimum=100, seconds=60.0) == set()


def test_two_generations_are_kept(tmp_path: Path) -> None:
    """The newest generation and the previous one are kept."""
    for number in range(5):
        write(tmp_path, {"s3": str(number).encode()}, ended=False)
    assert [folder.name for folder in sorted(tmp_path.iterdir())] == ["00000004", "00000005"]


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def _make_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize(
    "harm", [_cut, Path.unlink, _make_folder, lambda file: file.write_bytes(b"")]
)
@pytest.mark.parametrize("name", ["s3.json", "manifest.json"])
def test_a_damaged_generation_is_skipped(
    tmp_path: Path, harm: Callable[[Path], object], name: str
) -> None:
    """If a file of the newest is truncated, empty, or missing, the previous one is read."""
    write(tmp_path, OLD, ended=False)
    newest = write(tmp_path, NEW, ended=True)
    harm(newest.folder / name)
    assert _state(tmp_path) == OLD
    (told,) = read(tmp_path).damaged
    assert f"{newest.folder.name}/{name}" in told


@pytest.mark.parametrize("services", [{}, {"s3": "0" * 64}])
def test_a_manifest_that_omits_a_service(tmp_path: Path, services: dict[str, str]) -> None:
    """A generation whose manifest does not name all of its files is skipped."""
    write(tmp_path, OLD, ended=False)
    newest = write(tmp_path, NEW, ended=True)
    (newest.folder / "manifest.json").write_text(json.dumps({"ended": True, "services": services}))
    assert _state(tmp_path) == OLD
    assert "manifest.json does not name" in read(tmp_path).damaged[0]


def test_a_file_instead_of_a_generation(tmp_path: Path) -> None:
    """A file is not a generation, and does not block later ones."""
    write(tmp_path, OLD, ended=True)
    (tmp_path / "00000002").write_text("?")
    assert _state(tmp_path) == OLD
    for _ in range(2):
        write(tmp_path, NEW, ended=False)
        write(tmp_path, OLD, ended=False)
    assert _state(tmp_path) == OLD


def test_a_clock_that_was_set_back(tmp_path: Path) -> None:
    """A file whose time is in the future is written again instead of carried."""
    written = write(tmp_path, {"logs": b"x" * 10}, ended=False)
    assert fresh(tmp_path, bytes_minimum=10, seconds=60) == {"logs"}
    tomorrow = time.time() + 86_400
    os.utime(file_of(written, "logs"), (tomorrow, tomorrow))
    assert fresh(tmp_path, bytes_minimum=10, seconds=60) == set()


def test_damage_is_not_carried(tmp_path: Path) -> None:
    """A file truncated while the engine runs is intact in the next generation."""
    _cut(file_of(write(tmp_path, OLD, ended=False), "sqs"))
    write(tmp_path, OLD, ended=False)
    assert _state(tmp_path) == OLD
    _cut(file_of(write(tmp_path, OLD, ended=False), "sqs"))
    write(tmp_path, NEW, ended=False)
    assert _state(tmp_path) == NEW


def test_no_generation_is_intact(tmp_path: Path) -> None:
    """If all are damaged, that is an error and nothing is removed."""
    for state in (OLD, NEW):
        _cut(file_of(write(tmp_path, state, ended=False), "s3"))
    with pytest.raises(DamagedStateError, match=r"00000002/s3\.json.*00000001/s3\.json"):
        read(tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("step", ["fsync", "link", "rename"])
def test_a_failed_write_keeps_the_previous_generation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """After a full disk the previous generation is intact, and the next write succeeds."""
    write(tmp_path, OLD, ended=False)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path if step == "rename" else os, step, full)
        with pytest.raises(OSError, match="No space"):
            write(tmp_path, NEW, ended=True)
    assert _state(tmp_path) == OLD
    write(tmp_path, NEW, ended=True)
    assert _state(tmp_path) == NEW


def test_text_of_all_generations(tmp_path: Path) -> None:
    """The text of all kept generations is returned."""
    write(tmp_path, {"lambda": b"one"}, ended=False)
    write(tmp_path, {"lambda": b"two"}, ended=False)
    assert {"one", "two"} == {
        part for part in ("one", "two") if part in text_of(tmp_path, "lambda")
    }
