"""Greedy blends of candidates on their out-of-fold predictions (Caruana et al. 2004)."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

import numpy as np
from imblearn.pipeline import Pipeline
from sklearn.ensemble import VotingRegressor
from sklearn.pipeline import Pipeline as PlainPipeline

from modelfleet.statistics.tasks.by_task import STATISTICS
from modelfleet.tables.target import Values
from modelfleet.training.candidates.building_blocks import soft_voting
from modelfleet.training.candidates.cross_validate import CrossValidation, OutOfFold

BLEND = "blend"
MEMBERS = 3
# Additions to a blend, with replacement: weights are multiples of a tenth.
_STEPS = 10

# The members' names in the order of their addition, repeated by weight.
_Bag = tuple[str, ...]


@dataclass(frozen=True)
class Tried:
    """A pipeline that was scored on every fold, with its out-of-fold predictions."""

    pipeline: Pipeline
    found: OutOfFold

    @property
    def resamples(self) -> bool:
        """Whether it shifts probabilities by resampling its training rows."""
        return any(hasattr(step, "fit_resample") for _, step in self.pipeline.steps)


def blended(
    validation: CrossValidation, tried: Mapping[str, Tried], most_microseconds: float
) -> tuple[dict[str, float], Tried] | None:
    """Blend up to three candidates: the weighted mean with the best metric out of fold.

    The scores are those of weights that were chosen on the other folds: a blend scored on the rows
    that chose its weights would look better than it is. Candidates that resample are no members,
    because their probabilities are on another scale.

    Parameters
    ----------
    validation
        Folds and metric.
    tried
        Candidates scored on every fold.
    most_microseconds
        Estimated time per row that the members may take together.

    Returns
    -------
    tuple or None
        The members' weights, which sum to 1, and the blend; `None` if no blend of two or more
        candidates is better than each of them.
    """
    members = {name: each for name, each in tried.items() if not each.resamples}
    if not members:
        return None
    search = _Search(validation, members, most_microseconds)
    folds = range(len(validation.folds))
    weights = _weights(search.best(folds))
    if len(weights) < 2:  # noqa: PLR2004 -- one member is no blend
        return None
    apart = [search.best([other for other in folds if other != fold]) for fold in folds]
    scores = tuple(search.score(bag, fold) for fold, bag in enumerate(apart))
    return weights, blend_of(validation, {name: members[name] for name in weights}, weights, scores)


def blend_of(
    validation: CrossValidation,
    members: Mapping[str, Tried],
    weights: Mapping[str, float],
    scores: tuple[float, ...],
) -> Tried:
    """Return the blend of these members as a pipeline, with its out-of-fold predictions.

    Each member keeps its rounds, and the scale of its logarithm.
    """
    found = [members[name].found for name in weights]
    predicted = _mean([each.predicted for each in found], list(weights.values()))
    settled = {name: each.found.settle(each.pipeline) for name, each in members.items()}
    first = settled[next(iter(weights))]
    # Members are exported as scikit-learn's own pipelines, of which imbalanced-learn's are others.
    steps = {name: PlainPipeline(each.steps[1:]) for name, each in settled.items()}
    voting = _VOTING[STATISTICS[validation.spec.task].method](
        {_member(name): steps[name] for name in weights}, list(weights.values())
    )
    return Tried(
        Pipeline([first.steps[0], ("estimate", voting)]),
        OutOfFold(
            rows=found[0].rows,
            y=found[0].y,
            groups=found[0].groups,
            predicted=predicted,
            scores=scores,
            size=sum(each.size for each in found),
            rounds=None,
            parameters={},
            microseconds=sum(each.microseconds for each in found),
            seconds=sum(each.seconds for each in found),
        ),
    )


@dataclass
class _Search:
    """Greedy search, which remembers the score of each bag on each fold."""

    validation: CrossValidation
    members: Mapping[str, Tried]
    most_microseconds: float
    _known: dict[tuple[frozenset[tuple[str, int]], int], float] = field(default_factory=dict)

    def best(self, folds: Sequence[int]) -> _Bag:
        """Return the best bag on some folds; empty if no member is fast enough."""
        bag: _Bag = ()
        passed: list[_Bag] = []
        for _ in range(_STEPS):
            options = [(*bag, name) for name in self.members if self._fits({*bag, name})]
            if not options:
                break
            bag = self._first(options, folds)
            passed.append(bag)
        return self._first(passed, folds) if passed else ()

    def score(self, bag: _Bag, fold: int) -> float:
        """Return the metric of a bag's weighted mean on a fold."""
        key = (frozenset(Counter(bag).items()), fold)
        if key not in self._known:
            place = self.validation.places[fold]
            weights = _weights(bag)
            found = [self.members[name].found for name in weights]
            mean = _mean([each.predicted[place] for each in found], list(weights.values()))
            self._known[key] = self.validation.measure(found[0].y[place], mean)
        return self._known[key]

    def _first(self, bags: Sequence[_Bag], folds: Sequence[int]) -> _Bag:
        sign = 1.0 if self.validation.spec.gate.primary.higher_is_better else -1.0
        return max(bags, key=lambda bag: sign * fmean(self.score(bag, fold) for fold in folds))

    def _fits(self, names: set[str]) -> bool:
        cost = sum(self.members[name].found.microseconds for name in names)
        return len(names) <= MEMBERS and cost <= self.most_microseconds


def _weights(bag: _Bag) -> dict[str, float]:
    return {name: count / len(bag) for name, count in Counter(bag).items()}


def _mean(predicted: Sequence[Values], weights: Sequence[float]) -> Values:
    return np.average(np.stack(predicted), axis=0, weights=weights)


def _member(name: str) -> str:
    """Return a name that no parameter of the voting has."""
    return f"{name.replace('__', '_')}_member"


def _value_mean(members: Mapping[str, Any], weights: Sequence[float]) -> VotingRegressor:
    return VotingRegressor(list(members.items()), weights=np.array(weights))


_VOTING: Mapping[str, Callable[[Mapping[str, Any], Sequence[float]], Any]] = {
    "predict_proba": soft_voting,
    "predict": _value_mean,
}
