"""Processor time for trying candidates."""

import time
from collections.abc import Callable


class Budget:
    """Seconds of processor time for trying candidates, from now on.

    Processor time, because other work on the machine must not decide which model serves.

    Parameters
    ----------
    seconds
        Time after which no other candidate is tried.
    clock
        Returns the seconds used so far.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.process_time) -> None:
        self.seconds = seconds
        self._clock = clock
        self._start = clock()

    @property
    def is_spent(self) -> bool:
        """Whether the time is over."""
        return self.used >= self.seconds

    @property
    def used(self) -> float:
        """Seconds used so far."""
        return self._clock() - self._start
