"""Retries an operation until a deadline."""

from collections.abc import Callable
from typing import TypeVar

from modelfleet.spec.errors import CallError

Result = TypeVar("Result")

_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 15.0


def until_done(
    attempt: Callable[[], Result],
    *,
    seconds: float,
    clock: Callable[[], float],
    pause: Callable[[float], None],
) -> Result:
    """Make attempts until one succeeds, and answer its result.

    Parameters
    ----------
    attempt
        Makes one.
    seconds
        No attempt is begun later than this after the first.
    clock
        The time in seconds, from any moment.
    pause
        Waits some seconds.

    Raises
    ------
    CallError
        What the last attempt failed with, as soon as another cannot cure it or is out of time.
    """
    end, wait, attempts = clock() + seconds, _FIRST_PAUSE_SECONDS, 0
    while True:
        attempts += 1
        try:
            return attempt()
        except CallError as error:
            if not error.transient:
                raise
            if clock() + wait >= end:
                text = f"gave up after {attempts} attempts: {error}"
                raise CallError(text, transient=True) from error
        pause(wait)
        wait = min(2 * wait, _LONGEST_PAUSE_SECONDS)
