"""Selection by cross-validation: the best mean, within a budget."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import fmean, stdev

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


def no_progress(_text: str) -> None:
    """Discard progress messages."""


def select(
    validation: CrossValidation,
    offered: Mapping[str, Pipeline],
    budget: Budget,
    progress: Progress,
) -> tuple[Selection, OutOfFold]:
    """Score the candidates on the same folds of the training rows.

    A candidate is stopped when it is behind the leader by more than noise, or when the budget is
    spent; the first one is always scored.

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
    OutOfFold
        Its out-of-fold predictions.
    """
    race = _Race(validation, budget, progress)
    for name, pipeline in offered.items():
        race.run(name, pipeline)
    return race.decided()


def tuned_name(name: str) -> str:
    """Return the name of a candidate with tuned parameters."""
    return f"{name} tuned"


def scored(
    name: str,
    scores: tuple[float, ...],
    parameters: Parameters | None = None,
    *,
    rounds: int | None = None,
    note: str = "",
) -> CandidateScore:
    """Return a candidate's scores with their mean and standard deviation."""
    return CandidateScore(
        name=name,
        scores=scores,
        mean=fmean(scores),
        spread=stdev(scores) if len(scores) > 1 else 0.0,
        parameters=dict(parameters or {}),
        rounds=rounds,
        note=note,
    )


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
        if self.finished and self.budget.is_spent:
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
        note = self._behind(so_far) or ("budget spent" if self.budget.is_spent else "")
        if note:
            note = f"stopped after {len(so_far)} of {folds} folds: {note}"
            self.stopped[name] = scored(name, so_far, note=note)
            self.progress(f"{name} {note}")
        return not note

    def _behind(self, so_far: tuple[float, ...]) -> str:
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

    def decided(self) -> tuple[Selection, OutOfFold]:
        sizes = {name: each.size for name, each in self.finished.items()}
        better = self.primary.higher_is_better
        chosen = best(self.scores, sizes, higher_is_better=better)
        listed = {
            name: scored(name, each.scores, rounds=each.rounds)
            for name, each in self.finished.items()
        }
        selection = Selection(
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
        return selection, self.finished[chosen]

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
