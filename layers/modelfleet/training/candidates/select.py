"""Selection by cross-validation: the default, unless a candidate is significantly better."""

from collections.abc import Callable, Mapping
from statistics import fmean, stdev
from typing import Any

from modelfleet.spec.model import Metric
from modelfleet.statistics.results import CandidateScore, Selection
from modelfleet.statistics.selection import choose, lead, noise
from modelfleet.training.candidates.cross_validate import CrossValidation

Scores = Mapping[str, tuple[float, ...]]
Progress = Callable[[str], None]


def no_progress(_text: str) -> None:
    """Discard progress messages."""


def select(
    validation: CrossValidation, offered: Mapping[str, Any], progress: Progress
) -> Selection:
    """Score every candidate on the same folds of the training rows.

    Parameters
    ----------
    validation
        Folds and metric.
    offered
        Unfitted pipelines by name, the default first.
    progress
        Called with a message for each candidate's score.
    """
    primary = validation.spec.gate.primary
    scores: dict[str, tuple[float, ...]] = {}
    for name, pipeline in offered.items():
        scores[name] = validation.scores(pipeline)
        progress(f"{name}: {primary} {fmean(scores[name]):.4f}, {len(validation.folds)} folds")
    chosen = choose(scores, higher_is_better=primary.higher_is_better)
    return Selection(
        metric=primary.value,
        folds=len(validation.folds),
        rows=len(validation.rows),
        candidates=tuple(scored(name, folds) for name, folds in scores.items()),
        chosen=chosen,
        reason=reason(primary, scores, chosen),
    )


def scored(
    name: str, scores: tuple[float, ...], parameters: Mapping[str, float | int | str] | None = None
) -> CandidateScore:
    """Return a candidate's scores with their mean and standard deviation."""
    return CandidateScore(
        name=name,
        scores=scores,
        mean=fmean(scores),
        spread=stdev(scores),
        parameters=dict(parameters or {}),
    )


def reason(primary: Metric, scores: Scores, chosen: str) -> str:
    """Return the reason for the choice; the first of the scores is the default's."""
    default = next(iter(scores))
    if chosen == default:
        if len(scores) == 1:
            return f"{default} is the only candidate"
        return f"{default} is the default, and no candidate is significantly better"
    better = primary.higher_is_better
    ahead = lead(scores[default], scores[chosen], higher_is_better=better)
    return (
        f"{chosen} is significantly better than the default {default}: by {ahead:.4g} "
        f"(required {noise(scores[default], scores[chosen]):.4g})"
    )
