"""Files that commands write: complete or not at all, even when interrupted."""

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cli.output.errors import FleetError, os_fault


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path that replaces the file when the block ends without an error.

    A device or pipe cannot be replaced, so it is written to directly.

    Raises
    ------
    FleetError
        If the file cannot be written; an existing file is left unchanged.
    """
    # Symbolic links are resolved so that they keep pointing to the file.
    target = Path(os.path.realpath(path))
    temporary = _temporary(target)
    try:
        if _is_device(target):
            yield target
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        temporary.replace(target)
    except OSError as error:
        raise FleetError(os_fault(error, path)) from error
    finally:
        _discard(temporary)


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file completely or not at all.

    Raises
    ------
    FleetError
        If the file cannot be written; an existing file is left unchanged.
    """
    with atomic_file(path) as file:
        file.write_bytes(content)


def require_writable(path: Path) -> None:
    """Check before a long job that its result can be written, leaving no trace of the check.

    Raises
    ------
    FleetError
        If the file cannot be written.
    """
    target = Path(os.path.realpath(path))
    place = next(each for each in target.parents if each.exists())
    probe = _temporary(place / target.name)
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


def _temporary(target: Path) -> Path:
    return target.with_name(f".{secrets.token_hex(6)}.part")


def _is_device(target: Path) -> bool:
    """Whether the target exists and is neither a file nor a folder."""
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _discard(path: Path) -> None:
    # If it cannot be removed, either it was never created or an error is already being raised.
    with suppress(OSError):
        path.unlink(missing_ok=True)
