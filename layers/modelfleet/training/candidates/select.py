"""Selection by cross-validation: the best mean, within a budget."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, stdev
from typing import Any

from imblearn.pipeline import Pipeline

from modelfleet.spec.model import Metric
from modelfleet.statistics.results import CandidateScore, Selection
from modelfleet.statistics.selection import best, lead, noise, ranked
from modelfleet.training.candidates.budget import Budget
from modelfleet.training.candidates.cross_validate import CrossValidation, OutOfFold

Progress = Callable[[str], None]
Parameters = Mapping[str, float | int | str]

# One fold shows no noise.
_FEWEST_FOLDS = 2
# Rows of the judged and of the served model together, in training rows.
_FINAL_ROWS = 2.25


def no_progress(_text: str) -> None:
    """Discard progress messages."""


def select(
    validation: CrossValidation,
    offered: Mapping[str, Pipeline],
    budget: Budget,
    progress: Progress,
) -> tuple[Selection, dict[str, OutOfFold]]:
    """Score the candidates on the same folds of the training rows.

    A candidate is stopped when it is behind the leader by more than noise, or when the budget only
    has time left for the leader's final fits; the first one is always scored. If the spec asks for
    a blend, a candidate behind the leader goes on, because a blend may still gain from it.

    Parameters
    ----------
    validation
        Folds and metric.
    offered
        Unfitted pipelines by name, in the order in which they are tried.
    budget
        Time for trying candidates.
    progress
        Called with a message for each fold, and with the ranking after each candidate.

    Returns
    -------
    Selection
        The chosen candidate, with the scores of all.
    dict
        Out-of-fold predictions of each candidate that was scored on all folds.
    """
    race = _Race(validation, budget, progress)
    for name, pipeline in offered.items():
        race.run(name, pipeline)
    return race.decided(), race.finished


def scored(
    name: str,
    scores: tuple[float, ...],
    parameters: Parameters | None = None,
    **details: Any,
) -> CandidateScore:
    """Return a candidate's scores with their mean and standard deviation."""
    mean, spread = mean_and_spread(scores)
    return CandidateScore(
        name=name,
        scores=scores,
        mean=mean,
        spread=spread,
        parameters=dict(parameters or {}),
        **details,
    )


def mean_and_spread(scores: Sequence[float]) -> tuple[float, float]:
    """Return the mean and standard deviation of scores, 0 for a single one."""
    return fmean(scores), stdev(scores) if len(scores) > 1 else 0.0


@dataclass
class _Race:
    validation: CrossValidation
    budget: Budget
    progress: Progress
    finished: dict[str, OutOfFold] = field(default_factory=dict)
    stopped: dict[str, CandidateScore] = field(default_factory=dict)
    untried: list[str] = field(default_factory=list)

    @property
    def primary(self) -> Metric:
        return self.validation.spec.gate.primary

    @property
    def scores(self) -> dict[str, tuple[float, ...]]:
        return {name: each.scores for name, each in self.finished.items()}

    @property
    def leader(self) -> str:
        return ranked(self.scores, higher_is_better=self.primary.higher_is_better)[0]

    def run(self, name: str, pipeline: Pipeline) -> None:
        if self.finished and self._is_spent:
            self.untried.append(name)
            return
        found = self.validation.out_of_fold_while(
            pipeline, lambda so_far: self._goes_on(name, so_far)
        )
        if found is not None:
            self.finished[name] = found
            self.progress(self._ranking())

    def _goes_on(self, name: str, so_far: tuple[float, ...]) -> bool:
        folds = len(self.validation.folds)
        self.progress(f"{name}, fold {len(so_far)} of {folds}: {self.primary} {so_far[-1]:.4f}")
        if not self.finished or len(so_far) == folds:
            return True
        note = self._behind(so_far) or ("budget spent" if self._is_spent else "")
        if note:
            note = f"stopped after {len(so_far)} of {folds} folds: {note}"
            self.stopped[name] = scored(name, so_far, note=note)
            self.progress(f"{name} {note}")
        return not note

    @property
    def _is_spent(self) -> bool:
        """Whether time is over, except for the leader's final fits."""
        folds = len(self.validation.folds)
        # Each fold was fitted on all rows but its own.
        whole = self.finished[self.leader].seconds / max(1, folds - 1)
        return not self.budget.allows(_FINAL_ROWS * whole)

    def _behind(self, so_far: tuple[float, ...]) -> str:
        if self.validation.spec.training.blend:
            return ""
        leader = self.leader
        others = self.finished[leader].scores[: len(so_far)]
        if len(so_far) < _FEWEST_FOLDS:
            return ""
        ahead = lead(so_far, others, higher_is_better=self.primary.higher_is_better)
        if ahead <= noise(so_far, others):
            return ""
        return f"behind {leader} by {ahead:.4g}"

    def _ranking(self) -> str:
        names = ranked(self.scores, higher_is_better=self.primary.higher_is_better)
        listed = ", ".join(f"{name} {fmean(self.scores[name]):.4f}" for name in names)
        seconds = f"{self.budget.used:.0f} of {self.budget.seconds:.0f} s used"
        return f"ranking by {self.primary}: {listed} ({seconds})"

    def decided(self) -> Selection:
        sizes = {name: each.size for name, each in self.finished.items()}
        better = self.primary.higher_is_better
        chosen = best(self.scores, sizes, higher_is_better=better)
        listed = {
            name: scored(name, each.scores, rounds=each.rounds, microseconds=each.microseconds)
            for name, each in self.finished.items()
        }
        return Selection(
            metric=self.primary.value,
            folds=len(self.validation.folds),
            rows=len(self.validation.rows),
            candidates=(*listed.values(), *self.stopped.values()),
            chosen=chosen,
            reason=self._reason(chosen),
            untried=tuple(self.untried),
            stopped_by_time=bool(self.untried)
            or any("budget" in each.note for each in self.stopped.values()),
        )

    def _reason(self, chosen: str) -> str:
        tried = len(self.finished) + len(self.stopped)
        if tried == 1:
            return f"{chosen} is the only candidate" + (
                " tried within the budget" if self.untried else ""
            )
        if chosen == self.leader:
            return f"{chosen} has the best mean {self.primary} of {tried} candidates"
        return (
            f"{chosen} is smaller than {self.leader}, whose lead in {self.primary} is within noise"
        )
