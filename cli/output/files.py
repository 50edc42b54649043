"""Files that commands write for people: whole or not at all, whatever happens meanwhile."""

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cli.output.errors import FleetError

_ADVICE = {
    errno.ENOSPC: "free some disk space, then run it again",
    errno.EDQUOT: "free some disk space, then run it again",
    errno.EFBIG: "the limit of a file's size is reached; raise it, then run it again",
    errno.EEXIST: "a part of its path is a file; check the path",
    errno.EACCES: "choose a place that you may use",
    errno.EPERM: "choose a place that you may use",
    errno.EROFS: "choose a place that you may use",
    errno.EISDIR: "it is a folder; name a file in it",
    errno.ENOTDIR: "a part of its path is a file; check the path",
    errno.ENOENT: "check the path",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.ELOOP: "a link on its path leads to itself; check the path",
    errno.EMFILE: "too many files are open; close some programs, then run it again",
}


def os_fault(error: OSError, path: Path | str | None = None) -> str:
    """One line on what the operating system refused: the file, the reason and what to do."""
    known = path or error.filename
    name = repr(str(known)) if known else "a file, or the output"
    advice = _ADVICE.get(error.errno or 0, "check it, then run it again")
    return f"{name}: {error.strerror or type(error).__name__}; {advice}"


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A place beside a file to write to; it becomes the file when the block ends without an error.

    A device or pipe, which cannot be replaced, is written to itself.

    Raises
    ------
    FleetError
        If it cannot be written; what was there stays.
    """
    # Through a link, so that it goes on leading there.
    target = Path(os.path.realpath(path))
    beside = _beside(target)
    try:
        if _is_device(target):
            yield target
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        yield beside
        beside.replace(target)
    except OSError as error:
        raise FleetError(os_fault(error, path)) from error
    finally:
        _discard(beside)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all.

    Raises
    ------
    FleetError
        If it cannot be written; what was there stays.
    """
    with whole_file(path) as file:
        file.write_bytes(content)


def require_writable(path: Path) -> None:
    """Find out before a long job whether its result can be written; nothing of the try is left.

    Raises
    ------
    FleetError
        If it cannot; as above.
    """
    target = Path(os.path.realpath(path))
    place = next(each for each in target.parents if each.exists())
    probe = _beside(place / target.name)
    try:
        if _is_device(target):
            return
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        probe.touch(exist_ok=False)
    except OSError as error:
        raise FleetError(os_fault(error, path)) from error
    finally:
        _discard(probe)


def _beside(target: Path) -> Path:
    return target.with_name(f".{secrets.token_hex(6)}.part")


def _is_device(target: Path) -> bool:
    """Whether it is there and is neither a file nor a folder; an impossible name is an error."""
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _discard(path: Path) -> None:
    # What cannot be removed was never made, or the error that is on its way says why.
    with suppress(OSError):
        path.unlink(missing_ok=True)
