"""Processor time of a training."""

import time
from collections.abc import Callable


class Budget:
    """Seconds of processor time for a training, from now on.

    Processor time, because other work on the machine must not decide which model serves.

    Parameters
    ----------
    seconds
        Time for candidates and the final fits.
    clock
        Returns the seconds used so far.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.process_time) -> None:
        self.seconds = seconds
        self._clock = clock
        self._start = clock()

    def allows(self, seconds: float) -> bool:
        """Whether there is time for something that takes so long, and some left after it."""
        return self.used + seconds < self.seconds

    @property
    def used(self) -> float:
        """Seconds used so far."""
        return self._clock() - self._start
