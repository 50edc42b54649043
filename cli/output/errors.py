"""Errors that end a command with one line: what happened, then what to do."""

import errno
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cli.output.hints import for_stage

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


_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")
_ACTION = re.compile(r"`[^`]+`|(?<!\S)--[a-z]|: fleet [a-z]|^did you mean ")


class FleetError(Exception):
    """Ends the command with exit code 1 and prints its text.

    `code` identifies the kind of error for programs. With `answered`, the command has printed its
    JSON document already, with the error in it.
    """

    exit_code = 1

    def __init__(self, text: str, *, code: str = "failed", answered: bool = False) -> None:
        super().__init__(text)
        self.code = code
        self.answered = answered


class InterruptedWaitError(FleetError):
    """Ends a command that waited for something, after Ctrl-C; the text says what keeps running."""

    exit_code = 130


@contextmanager
def keeps_running(text: str) -> Iterator[None]:
    """Say what keeps running, and how to resume or stop it, if Ctrl-C ends the block.

    Raises
    ------
    InterruptedWaitError
        In place of the interrupt.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise InterruptedWaitError(text, code="interrupted") from None


def wants_json(arguments: Sequence[str]) -> bool:
    """Whether a command line asks for JSON, even one that cannot be parsed."""
    typed = list(arguments)
    return "--json" in (typed[: typed.index("--")] if "--" in typed else typed)


def error_code(error: Exception) -> str:
    """The code of an error: its own, or the name of its class, such as `unknown_model`."""
    own = getattr(error, "code", None)
    name = type(error).__name__.removesuffix("Error")
    return own if isinstance(own, str) else _WORD.sub("_", name).lower()


def error_document(code: str, text: str) -> dict[str, Any]:
    """An error for programs. The hint is what its message says to do, if anything.

    That is its last clause, if it names a command or an option, or is advice on an error of the
    operating system.
    """
    message = for_stage(text.strip())
    clause = message.rpartition("\n")[2].rpartition("; ")[2]
    says = clause != message and (_ACTION.search(clause) or clause in _ADVICE.values())
    return {"error": {"code": code, "message": message, "hint": clause if says else None}}


def os_fault(error: OSError, path: Path | str | None = None) -> str:
    """One line on what the operating system refused: the file, the reason, and what to do."""
    known = path or error.filename
    name = repr(str(known)) if known else "a file or the output"
    advice = _ADVICE.get(error.errno or 0, "check it, then try again")
    return f"{name}: {error.strerror or type(error).__name__}; {advice}"
