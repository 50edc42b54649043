"""Is an answer one that the model can mean?"""

import math
from collections.abc import Mapping
from typing import Any

from modelfleet.domain.spec import ModelSpec, Task


def score_of(output: Mapping[str, Any]) -> float | None:
    """The probability, or the value, of what a caller was told."""
    score = output.get("probability", output.get("value"))
    return float(score) if isinstance(score, int | float) else None


def is_valid(spec: ModelSpec, output: Mapping[str, Any]) -> bool:
    """Whether a probability lies in [0, 1], or a value where the target's declaration allows it."""
    score = score_of(output)
    if score is None or not math.isfinite(score):
        return False
    if spec.task is Task.BINARY:
        return 0.0 <= score <= 1.0
    target = spec.target
    return (target.minimum is None or score >= target.minimum) and (
        target.maximum is None or score <= target.maximum
    )
