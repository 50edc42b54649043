"""Compares candidates by cross-validation; the default wins unless one is better."""

from collections.abc import Callable, Mapping
from statistics import fmean, stdev
from typing import Any

from modelfleet.spec.model import Metric
from modelfleet.statistics.results import CandidateScore, Selection
from modelfleet.statistics.selection import choose, lead, noise
from modelfleet.training.candidates.cross_validate import CrossValidation

Scores = Mapping[str, tuple[float, ...]]
Progress = Callable[[str], None]


def unheard(_text: str) -> None:
    """Progress that nobody follows."""


def select(
    validation: CrossValidation, offered: Mapping[str, Any], progress: Progress
) -> Selection:
    """Score every candidate on the same folds of the training rows.

    Parameters
    ----------
    validation
        The folds and the measure.
    offered
        Unfitted pipelines by name, the default first.
    progress
        Told of each candidate's score as it comes.
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
    """A candidate's scores with their mean and deviation."""
    return CandidateScore(
        name=name,
        scores=scores,
        mean=fmean(scores),
        spread=stdev(scores),
        parameters=dict(parameters or {}),
    )


def reason(primary: Metric, scores: Scores, chosen: str) -> str:
    """Why this one was taken, against the first of the scores, in words and numbers."""
    default = next(iter(scores))
    if chosen == default:
        if len(scores) == 1:
            return f"{default} is the only candidate"
        return f"{default} is the default, and none is better by more than chance may give"
    better = primary.higher_is_better
    ahead = lead(scores[default], scores[chosen], higher_is_better=better)
    return (
        f"{chosen} is better than the default {default} by {ahead:.4g}, "
        f"more than the {noise(scores[default], scores[chosen]):.4g} that chance may give"
    )
