"""Tuning of the chosen candidate."""

from functools import cache
from typing import Any

import pytest
from imblearn.pipeline import Pipeline
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.naive_bayes import GaussianNB

from modelfleet.catalogue import find
from modelfleet.datasets.manifest import Side
from modelfleet.statistics.results import Selection
from modelfleet.training.candidates.budget import Budget
from modelfleet.training.candidates.building_blocks import Real, SearchSpace, Whole, impute
from modelfleet.training.candidates.cross_validate import CrossValidation
from modelfleet.training.candidates.folder import with_encoding
from modelfleet.training.candidates.select import no_progress, select
from modelfleet.training.candidates.tune import Tuning, tune
from tests.training import frame

SPEC = find("telecom")
SEED = 7
STUMP = with_encoding(
    SPEC,
    Pipeline(
        [
            (
                "classify",
                HistGradientBoostingClassifier(max_iter=1, max_leaf_nodes=2, random_state=SEED),
            )
        ]
    ),
)
BAYES = with_encoding(SPEC, Pipeline([("impute", impute()), ("classify", GaussianNB())]))
TREES: SearchSpace = {"classify__max_iter": Whole(1, 40), "classify__max_leaf_nodes": Whole(2, 8)}
# Smoothing so small changes nothing that one could measure.
IDLE: SearchSpace = {"classify__var_smoothing": Real(1e-12, 1e-11, log=True)}


@cache
def validation() -> CrossValidation:
    """Folds of few rows, for what is tested is the search."""
    return CrossValidation.of(SPEC, frame(SPEC.name, Side.TRAIN).head(400), SEED)


def tuned(
    pipeline: Pipeline, space: SearchSpace, tuning: Tuning, told: list[str] | None = None
) -> tuple[Selection, Any]:
    """Tune the only candidate."""
    selection, _ = select(validation(), {"only": pipeline}, Budget(0.0), no_progress)
    progress = no_progress if told is None else told.append
    return tune(validation(), selection, pipeline, space, tuning, progress)


def test_better_parameters_are_taken() -> None:
    """What beats the candidate by more than chance is fitted, and is on record as one more."""
    selection, pipeline = tuned(STUMP, TREES, Tuning(12, SEED))
    assert selection.chosen == "only tuned"
    assert [candidate.name for candidate in selection.candidates] == ["only", "only tuned"]
    plain, found = selection.candidates
    assert found.mean > plain.mean
    assert plain.parameters == {}
    assert set(found.parameters) == set(TREES)
    assert found.parameters.items() <= pipeline.get_params().items()
    assert "the best of 12 trials is significantly better" in selection.reason
    assert (selection.trials, selection.stopped_by_time) == (12, False)
    assert STUMP.get_params()["classify__max_iter"] == 1


def test_a_trial_that_falls_behind_is_cut_short() -> None:
    """Of trials that start badly not all folds are fitted, and they are counted."""
    told: list[str] = []
    selection, _ = tuned(STUMP, TREES, Tuning(25, SEED), told)
    assert 0 < selection.trials_pruned < selection.trials
    assert len(told) == selection.trials
    assert sum(line.endswith("pruned") for line in told) == selection.trials_pruned
    assert told[0].startswith("trial 1 of 25: 0.")


def test_what_is_no_better_is_left_alone() -> None:
    """The best of many looks must lead by more than noise; else the candidate stays as it was."""
    selection, pipeline = tuned(BAYES, IDLE, Tuning(3, SEED))
    assert selection.chosen == "only"
    assert [candidate.name for candidate in selection.candidates] == ["only", "only tuned"]
    assert "is not significantly better" in selection.reason
    assert pipeline is BAYES


def test_it_is_the_same_each_time() -> None:
    """The same rows, trials and seed find the same parameters and scores to the last digit."""
    first, again = (tuned(STUMP, TREES, Tuning(6, SEED))[0] for _ in range(2))
    assert first == again


def test_it_ends_when_the_time_is_over() -> None:
    """What was found until then counts, and the record says that the time was over."""
    selection, _ = tuned(STUMP, TREES, Tuning(1_000, SEED, seconds=0.0))
    assert selection.stopped_by_time
    assert selection.trials < 1_000


@pytest.mark.parametrize("trials", [1, 20])
def test_nothing_to_search(trials: int) -> None:
    """A candidate without a declared space stays, and it is told why."""
    told: list[str] = []
    selection, pipeline = tuned(BAYES, {}, Tuning(trials, SEED), told)
    assert (selection.chosen, selection.trials) == ("only", 0)
    assert pipeline is BAYES
    assert told == ["only: no search space declared, not tuned"]
