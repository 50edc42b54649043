"""Files are written completely or not at all, with one-line errors."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli import app
from cli.output.errors import FleetError, os_fault
from cli.output.files import atomic_file, require_writable, write_atomically

OLD, NEW = b"what was there", b"what is new"


def write_partially(path: Path, error: BaseException) -> None:
    """Write a part, then fail."""
    with atomic_file(path) as file:
        file.write_bytes(NEW[:3])
        raise error


@pytest.mark.parametrize(
    "error",
    [OSError(code, os.strerror(code)) for code in (errno.ENOSPC, errno.EROFS, errno.EACCES)],
    ids=lambda error: errno.errorcode[error.errno],
)
def test_a_failed_write_keeps_the_old_file(tmp_path: Path, error: OSError) -> None:
    """Nothing of the new file remains, and one line names the file, the reason, and what to do."""
    path = tmp_path / "out.csv"
    path.write_bytes(OLD)
    with pytest.raises(FleetError, match=rf"out\.csv'?: {error.strerror}; \w+") as caught:
        write_partially(path, error)
    assert "\n" not in str(caught.value)
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("out.csv", OLD)]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("fault")])
def test_an_interrupted_write_leaves_nothing(tmp_path: Path, error: BaseException) -> None:
    """Ctrl-C and unexpected errors are re-raised."""
    with pytest.raises(type(error)):
        write_partially(tmp_path / "folder" / "out.csv", error)
    assert list((tmp_path / "folder").iterdir()) == []


def test_a_file_size_limit_leaves_nothing(tmp_path: Path) -> None:
    """The limit is reached in the middle of the file."""
    code = (
        "import resource, sys; from pathlib import Path;"
        "from cli.output.files import write_atomically;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000));"
        "write_atomically(Path(sys.argv[1]), b'x' * 100_000)"
    )
    path = tmp_path / "out.csv"
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False
    )
    assert "File too large" in done.stderr.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []


def test_a_symbolic_link_is_kept(tmp_path: Path) -> None:
    """Its target is replaced instead."""
    (tmp_path / "file").write_bytes(OLD)
    (tmp_path / "link").symlink_to("file")
    write_atomically(tmp_path / "link", NEW)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_bytes() == NEW


def test_a_device_is_never_replaced() -> None:
    """It is written to directly."""
    write_atomically(Path("/dev/null"), NEW)
    assert Path("/dev/null").is_char_device()
    with pytest.raises(FleetError, match=r"/dev/full'?: No space left on device; free some"):
        write_atomically(Path("/dev/full"), NEW)


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("", "it is a folder"),
        ("file/out.csv", "part of its path is a file"),
        ("x" * 300, "choose a shorter name"),
        ("loop/out.csv", "points to itself|is a file"),
    ],
    ids=["folder", "below a file", "long name", "loop"],
)
def test_an_unwritable_path_is_detected_before(tmp_path: Path, place: str, expected: str) -> None:
    """No long job runs in vain, and the check leaves nothing behind."""
    (tmp_path / "file").write_bytes(OLD)
    (tmp_path / "loop").symlink_to("loop")
    before = sorted(tmp_path.iterdir())
    for write in (require_writable, lambda path: write_atomically(path, NEW)):
        with pytest.raises(FleetError, match=expected):
            write(tmp_path / place)
    assert sorted(tmp_path.iterdir()) == before


def test_a_writable_path_is_unchanged(tmp_path: Path) -> None:
    """The check leaves nothing behind."""
    require_writable(tmp_path / "out.csv")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("code", sorted(errno.errorcode))
def test_every_os_error_is_one_line(code: int) -> None:
    """The file is named even if its name has line breaks."""
    line = os_fault(OSError(code, os.strerror(code), "a\nb\x1b[2J"))
    assert line.isprintable()
    assert os.strerror(code) in line


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "rows.csv"), "'rows.csv': No space left"),
        (PermissionError(errno.EACCES, "Permission denied", "rows.csv"), "'rows.csv': Permission"),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "a"), "check the path"),
    ],
)
def test_an_os_error_ends_a_command_with_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: OSError,
    expected: str,
) -> None:
    """Commands need not handle it."""

    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(app, "app", fail)
    with pytest.raises(SystemExit) as ended:
        app.main()
    assert ended.value.code == 1
    text = capsys.readouterr().err
    assert expected in text
    assert len(text.splitlines()) == 1


def test_a_full_disk_at_the_end_is_one_line() -> None:
    """Standard output may be a file on a full disk."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "cli.app", "--version"],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert "No space left on device; free some disk space" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_closed_pipe_is_no_error() -> None:
    """`fleet … | head` ends quietly."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "cli.app", "--help"],
        stdout=writing, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    os.close(writing)
    assert done.stderr == ""
