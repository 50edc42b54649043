"""Choice of the pipeline to fit among a model's candidates."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any

import pandas as pd
from imblearn.pipeline import Pipeline
from sklearn.base import clone

from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.results import CandidateScore, Selection
from modelfleet.statistics.selection import best, lead
from modelfleet.tables.target import outcomes
from modelfleet.training.candidates.blend import BLEND, Tried, blend_of, blended
from modelfleet.training.candidates.budget import Budget
from modelfleet.training.candidates.cross_validate import CrossValidation, OutOfFold
from modelfleet.training.candidates.folder import offered_candidates, search_space
from modelfleet.training.candidates.select import Progress, scored, select
from modelfleet.training.candidates.serving_cost import smaller

_A_SECOND = 1e6
# The estimate of a candidate's speed is no more exact than this; within it, only the measurement of
# the export decides.
_INEXACT = 1.25


@dataclass(frozen=True)
class Chosen:
    """The unfitted pipeline to fit, why it was chosen, and its out-of-fold predictions."""

    name: str
    pipeline: Pipeline
    selection: Selection
    out_of_fold: OutOfFold
    contest: "Contest"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """How to choose: the number of tuning trials (0 for none) and the seconds for candidates.

    `decided` is the selection of an earlier attempt of the same execution, which is final: time
    decides which candidates are tried, and a retry must train the same model.
    """

    trials: int = 0
    seconds: float
    decided: Selection | None = None


def choose_candidate(
    spec: ModelSpec, train: pd.DataFrame, seed: int, choice: Choice, progress: Progress
) -> Chosen:
    """Select a candidate by cross-validation, and optionally tune and blend it.

    A candidate that is clearly too slow to serve, by its number of trees, is made smaller.

    Parameters
    ----------
    spec
        The model.
    train
        Training rows, including the target.
    seed
        Seed of the folds, the candidates, and the search.
    choice
        Trials, budget, and what an earlier attempt has decided.
    progress
        Called with a message for each candidate's fold and each trial.
    """
    offered = offered_candidates(spec, outcomes(spec, train), seed)
    validation = CrossValidation.of(spec, train, seed)
    budget = Budget(choice.seconds)
    if choice.decided is not None:
        name = choice.decided.chosen
        tried = {name: _rebuilt(validation, offered, choice.decided, name)}
        return Contest(validation, tried, choice.decided, budget, progress).repeated()
    progress(f"{len(offered)} candidates, {choice.seconds:.0f} s of processor time")
    selection, finished = select(validation, offered, budget, progress)
    tried = {name: Tried(offered[name], found) for name, found in finished.items()}
    if choice.trials:
        # Imported on use: only tuning needs Optuna.
        from modelfleet.training.candidates.tune import Tuning, tune  # noqa: PLC0415

        pipeline, space = offered[selection.chosen], search_space(spec, selection.chosen)
        tuning = Tuning(choice.trials, seed)
        selection, tuned = tune(validation, selection, pipeline, space, tuning, progress)
        if tuned is not pipeline:
            tried[selection.chosen] = Tried(tuned, validation.out_of_fold(tuned))
    affordable = _A_SECOND / spec.training.rows_per_second
    return Contest(validation, tried, selection, budget, progress).within(affordable)


@dataclass(frozen=True)
class Contest:
    """Candidates scored on all folds, from which one is chosen that is fast enough to serve.

    `selection` is the choice regardless of speed.
    """

    validation: CrossValidation
    tried: Mapping[str, Tried]
    selection: Selection
    budget: Budget
    progress: Progress

    def within(self, affordable: float, *, exactly: bool = False) -> Chosen:
        """Choose among the candidates that score a row in this estimated time.

        Parameters
        ----------
        affordable
            Microseconds of processor time per row, in batches.
        exactly
            Whether a slightly higher estimate is too slow, too.
        """
        limit = affordable if exactly else affordable * _INEXACT
        fast = {n: each for n, each in self.tried.items() if each.found.microseconds <= limit}
        listed: dict[str, CandidateScore] = {}
        wanted = self.selection.chosen
        if wanted not in fast and (made := self._smaller(wanted, affordable)) is not None:
            fast[made[0].name], listed[made[0].name] = made[1], made[0]
        blend = None
        if self.validation.spec.training.blend:
            blend = blended(self.validation, fast, affordable)
        if blend is not None:
            listed[BLEND], fast[BLEND] = _blend_score(*blend), blend[1]
        name = self._best(wanted, fast)
        candidates = (*self.selection.candidates, *listed.values())
        selection = self.selection.model_copy(
            update={"candidates": candidates, "chosen": name}
            | self._explained(wanted, name, fast, listed)
        )
        return self._chosen({**self.tried, **fast}[name], selection)

    def repeated(self) -> Chosen:
        """Return the choice that the selection describes."""
        return self._chosen(self.tried[self.selection.chosen], self.selection)

    def instead_of(self, name: str, why: str) -> Chosen | None:
        """Choose the best of the other candidates; `None` if there is no other.

        Parameters
        ----------
        name
            The candidate that cannot be used.
        why
            The reason, for the model card.
        """
        left = {each: tried for each, tried in self.tried.items() if each != name}
        if not left:
            return None
        found = self._best("", left)
        reason = f"{found} is the best that can be used; {name} cannot: {why}"
        selection = self.selection.model_copy(update={"chosen": found, "reason": reason})
        return replace(self, tried=left, selection=selection)._chosen(left[found], selection)

    def _chosen(self, tried: Tried, selection: Selection) -> Chosen:
        return Chosen(selection.chosen, tried.pipeline, selection, tried.found, self)

    def _best(self, wanted: str, fast: Mapping[str, Tried]) -> str:
        """Return the best of the fast ones; if the best of all is fast, only a blend beats it."""
        if wanted in fast:
            fast = {name: fast[name] for name in (wanted, BLEND) if name in fast}
        if not fast:
            return wanted
        scores = {name: each.found.scores for name, each in fast.items()}
        sizes = {name: each.found.size for name, each in fast.items()}
        return best(scores, sizes, higher_is_better=self._higher_is_better)

    def _smaller(self, name: str, affordable: float) -> tuple[CandidateScore, Tried] | None:
        """Score a candidate with fewer trees; `None` if it has none, or is a blend."""
        whole, before = self.tried[name], self.selection.candidate(name)
        share = affordable / whole.found.microseconds
        if before.weights or not (
            changed := smaller(whole.pipeline, whole.found.settle(whole.pipeline), share)
        ):
            return None
        self.progress(
            f"{name}: about {whole.found.microseconds:.0f} µs a row, and {affordable:.0f} are "
            f"allowed; trying {share:.0%} of its trees"
        )
        pipeline = clone(whole.pipeline).set_params(**changed)
        found = self.validation.out_of_fold(pipeline)
        score = scored(
            f"{name} smaller",
            found.scores,
            before.parameters | changed,
            variant_of=before.variant_of or name,
            rounds=found.rounds,
            microseconds=found.microseconds,
        )
        return score, Tried(pipeline, found)

    def _explained(
        self,
        wanted: str,
        name: str,
        fast: Mapping[str, Tried],
        listed: Mapping[str, CandidateScore],
    ) -> dict[str, Any]:
        if wanted in fast and name == wanted:
            return {}
        chosen, instead = {**self.tried, **fast}[name].found, self.tried[wanted].found
        ahead = lead(chosen.scores, instead.scores, higher_is_better=self._higher_is_better)
        metric = self.selection.metric
        compared = f"{metric} {fmean(chosen.scores):.4g} against {fmean(instead.scores):.4g}"
        if wanted in fast:
            members = ", ".join(f"{n} {share:.0%}" for n, share in listed[name].weights.items())
            return {"reason": f"a blend ({members}) is better than {wanted}: {compared}"}
        if not fast:
            return {
                "reason": f"{self.selection.reason}; it is too slow, and cannot be made smaller",
                "too_slow": wanted,
                "accuracy_cost": 0.0,
            }
        return {
            "reason": f"{name} is the best that is fast enough; {wanted} is too slow: {compared}",
            "too_slow": wanted,
            "accuracy_cost": ahead,
        }

    @property
    def _higher_is_better(self) -> bool:
        return self.validation.spec.gate.primary.higher_is_better


def _blend_score(weights: dict[str, float], blend: Tried) -> CandidateScore:
    found = blend.found
    return scored(BLEND, found.scores, weights=weights, microseconds=found.microseconds)


def _rebuilt(
    validation: CrossValidation, offered: Mapping[str, Pipeline], decided: Selection, name: str
) -> Tried:
    """Return what an earlier attempt has chosen, whose predictions are computed again."""
    score = decided.candidate(name)
    if score.weights:
        members = {one: _rebuilt(validation, offered, decided, one) for one in score.weights}
        return blend_of(validation, members, score.weights, score.scores)
    pipeline = clone(offered[score.variant_of or name]).set_params(**score.parameters)
    return Tried(pipeline, validation.out_of_fold(pipeline))
