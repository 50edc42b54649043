"""Conversion of scores to outcomes, and checks and comparisons of outputs."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from modelfleet.evaluation.scorer import Scores
from modelfleet.registry.manifest import BundleManifest
from modelfleet.serving.tasks.by_task import ANSWERS
from modelfleet.serving.tasks.task_answers import Outcome
from modelfleet.spec.model import ModelSpec

_APART = 0.2


def outcomes(manifest: BundleManifest, scores: Scores) -> Sequence[Outcome]:
    """Convert scores to outcomes by the version's threshold, classes, or interval.

    Raises
    ------
    BundleError
        If the version has none of them.
    ScoringError
        If the model does not return one number per row, or one per class and row.
    """
    return ANSWERS[manifest.task].outcomes(manifest.rule, scores)


def score_of(output: Mapping[str, Any]) -> float | None:
    """Return the probability or value of an output; `None` if it has neither."""
    score = output.get("probability", output.get("value"))
    return float(score) if isinstance(score, int | float) else None


def disagree(new: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
    """Return whether two outputs for a row differ in label, or by more than a fifth in value."""
    if "label" in new and "label" in old:
        return bool(new["label"] != old["label"])
    before = score_of(old) or 0.0
    return abs((score_of(new) or 0.0) - before) > _APART * abs(before)


def is_valid(spec: ModelSpec, output: Mapping[str, Any]) -> bool:
    """Return whether a probability is in [0, 1], or a value in the target's declared range."""
    score = score_of(output)
    if score is None or not math.isfinite(score):
        return False
    return ANSWERS[spec.task].is_valid(spec, score, output)
