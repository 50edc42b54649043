"""Findings of checks."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """What a check found."""

    OK = "ok"
    WARNING = "warning"
    """The stage can be deployed, but something will not work or be too small."""

    BLOCKING = "blocking"
    """The deployment would fail."""

    UNKNOWN = "unknown"
    """The check could not be made."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The result of one check."""

    check: str
    state: State
    text: str

    fix: str | None = None
    """The command or the setting that fixes it."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a check says, before it has a name."""

    state: State
    text: str
    fix: str | None = None

    def named(self, check: str) -> Finding:
        """The finding of a check."""
        return Finding(check=check, state=self.state, text=self.text, fix=self.fix)


def ok(text: str) -> Verdict:
    """Nothing to do."""
    return Verdict(state=State.OK, text=text)


def warning(text: str, fix: str) -> Verdict:
    """The stage can be deployed, but lacks something."""
    return Verdict(state=State.WARNING, text=text, fix=fix)


def blocking(text: str, fix: str) -> Verdict:
    """The deployment would fail."""
    return Verdict(state=State.BLOCKING, text=text, fix=fix)


def unknown(text: str, fix: str | None = None) -> Verdict:
    """The check could not be made."""
    return Verdict(state=State.UNKNOWN, text=text, fix=fix)
