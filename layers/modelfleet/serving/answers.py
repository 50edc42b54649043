"""Checks whether an output is one the model can produce."""

import math
from collections.abc import Mapping
from typing import Any

from modelfleet.spec.model import ModelSpec

_APART = 0.2


def score_of(output: Mapping[str, Any]) -> float | None:
    """Return the probability, or the value, of an output; `None` if it has neither."""
    score = output.get("probability", output.get("value"))
    return float(score) if isinstance(score, int | float) else None


def disagree(new: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
    """Return whether two outputs for a row have different labels, or values a fifth apart."""
    if "label" in new and "label" in old:
        return bool(new["label"] != old["label"])
    before = score_of(old) or 0.0
    return abs((score_of(new) or 0.0) - before) > _APART * abs(before)


def is_valid(spec: ModelSpec, output: Mapping[str, Any]) -> bool:
    """Return whether a probability is in [0, 1], or a value within the target's declared range."""
    score = score_of(output)
    if score is None or not math.isfinite(score):
        return False
    if spec.task.has_classes:
        return 0.0 <= score <= 1.0 and (not spec.classes or _names_classes(spec, output))
    target = spec.target
    return (target.minimum is None or score >= target.minimum) and (
        target.maximum is None or score <= target.maximum
    )


def _names_classes(spec: ModelSpec, output: Mapping[str, Any]) -> bool:
    """Whether all that an answer names are classes of the target."""
    each = output.get("probabilities")
    return isinstance(each, dict) and output.get("label") in each and set(each) <= {*spec.classes}
