"""Errors that end a command with one line: what happened, then what to do."""

import errno
from pathlib import Path

_OTHER_LOCATION = "choose a location that you can write to"
_FREE_SPACE = "free some disk space, then try again"
_NOT_A_DIRECTORY = "part of its path is a file; check the path"
_ADVICE = {
    errno.ENOSPC: _FREE_SPACE,
    errno.EDQUOT: _FREE_SPACE,
    errno.EFBIG: "raise the file size limit, then try again",
    errno.EEXIST: _NOT_A_DIRECTORY,
    errno.EACCES: _OTHER_LOCATION,
    errno.EPERM: _OTHER_LOCATION,
    errno.EROFS: _OTHER_LOCATION,
    errno.EISDIR: "it is a folder; specify a file in it",
    errno.ENOTDIR: _NOT_A_DIRECTORY,
    errno.ENOENT: "check the path",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.ELOOP: "a symbolic link in its path points to itself; check the path",
    errno.EMFILE: "too many files are open; close some programs, then try again",
}


class FleetError(Exception):
    """Ends the command with exit code 1 and prints its text."""


def os_fault(error: OSError, path: Path | str | None = None) -> str:
    """One line on what the operating system refused: the file, the reason, and what to do."""
    known = path or error.filename
    name = repr(str(known)) if known else "a file or the output"
    advice = _ADVICE.get(error.errno or 0, "check it, then try again")
    return f"{name}: {error.strerror or type(error).__name__}; {advice}"
