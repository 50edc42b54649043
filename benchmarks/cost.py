"""Cost of a million predictions in Lambda, from measured time and memory."""

import math

from modelfleet.prices import COMPUTE, INVOCATIONS

# docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html: one core at 1,769 MB, and
# proportionally less below.
MB_PER_CORE = 1769
_SMALLEST_MB = 128
_STEP_MB = 128
# Ratio of configured to resident memory.
_HEADROOM = 1.5
_MB_PER_GB = 1024


def memory_mb(resident_mb: float) -> int:
    """Return the memory to configure for a resident size, in steps of 128 MB."""
    steps = math.ceil(resident_mb * _HEADROOM / _STEP_MB)
    return max(_SMALLEST_MB, steps * _STEP_MB)


def billed_ms(seconds: float, configured_mb: int) -> int:
    """Return the billed time of a request that takes this many seconds on a full core."""
    share = min(1.0, configured_mb / MB_PER_CORE)
    return math.ceil(seconds / share * 1e3)


def cost_of_a_million(*, seconds: float, resident_mb: float) -> float:
    """Return the cost of a million warm requests in US dollars, without API Gateway."""
    configured = memory_mb(resident_mb)
    gb_seconds = billed_ms(seconds, configured) / 1e3 * configured / _MB_PER_GB
    return gb_seconds * 1e6 * COMPUTE.usd + INVOCATIONS.usd
