"""What a million predictions cost in Lambda, from measured time and memory."""

import math

from modelfleet.prices import COMPUTE, INVOCATIONS

# docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html: one core at 1,769 MB, and in
# proportion below it.
MB_PER_CORE = 1769
_SMALLEST_MB = 128
_STEP_MB = 128
# Room between what is resident and what is configured.
_HEADROOM = 1.5
_MB_PER_GB = 1024


def memory_mb(resident_mb: float) -> int:
    """The memory to configure for a function of this resident size, in steps of 128 MB."""
    steps = math.ceil(resident_mb * _HEADROOM / _STEP_MB)
    return max(_SMALLEST_MB, steps * _STEP_MB)


def billed_ms(seconds: float, configured_mb: int) -> int:
    """The billed time of a request that takes so long on a whole core."""
    share = min(1.0, configured_mb / MB_PER_CORE)
    return math.ceil(seconds / share * 1e3)


def cost_of_a_million(*, seconds: float, resident_mb: float) -> float:
    """US dollars for a million warm requests: compute and requests, without API Gateway."""
    configured = memory_mb(resident_mb)
    gb_seconds = billed_ms(seconds, configured) / 1e3 * configured / _MB_PER_GB
    return gb_seconds * 1e6 * COMPUTE.usd + INVOCATIONS.usd
