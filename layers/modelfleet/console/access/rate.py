"""Limits how often someone may call, within one process."""

import time
from collections import OrderedDict
from collections.abc import Callable

# Beyond this, the ones that called longest ago are forgotten.
_CALLERS_MAXIMUM = 10_000


class RateLimit:
    """A token bucket per caller.

    Containers count separately: this keeps one caller from occupying a container. API Gateway
    limits all callers together.

    Parameters
    ----------
    per_second
        Calls per second that are allowed permanently.
    burst
        Calls that are allowed at once.
    clock
        Monotonic clock in seconds.
    """

    def __init__(
        self, per_second: float, burst: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_second = per_second
        self._burst = burst
        self._clock = clock
        self._callers: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allows(self, caller: str) -> bool:
        """Count a call, and return whether it is within the limit."""
        now = self._clock()
        left, at = self._callers.pop(caller, (float(self._burst), now))
        left = min(self._burst, left + (now - at) * self._per_second)
        allowed = left >= 1
        self._callers[caller] = (left - 1 if allowed else left, now)
        if len(self._callers) > _CALLERS_MAXIMUM:
            self._callers.popitem(last=False)
        return allowed
