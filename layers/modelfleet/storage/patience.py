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
    """Retry an operation with exponential backoff until it succeeds, and return its result.

    Parameters
    ----------
    attempt
        The operation.
    seconds
        The deadline: no attempt starts later than this after the first.
    clock
        Returns the time in seconds, from any origin.
    pause
        Sleeps for a number of seconds.

    Raises
    ------
    CallError
        The error of the last attempt, if it is not transient or the deadline has passed.
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
