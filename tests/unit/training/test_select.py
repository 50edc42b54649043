"""Choosing among candidates by cross-validation."""

import numpy as np
import pandas as pd
import pytest
from imblearn.pipeline import Pipeline
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from modelfleet.catalogue import find
from modelfleet.datasets.manifest import Side
from modelfleet.spec.errors import DatasetError
from modelfleet.spec.model import Metric, ModelSpec
from modelfleet.statistics.results import Selection
from modelfleet.training.candidates import cross_validate
from modelfleet.training.candidates.budget import Budget
from modelfleet.training.candidates.building_blocks import impute
from modelfleet.training.candidates.cross_validate import CrossValidation
from modelfleet.training.candidates.folder import with_encoding
from modelfleet.training.candidates.log_target import LogTarget
from modelfleet.training.candidates.select import Progress, no_progress, select
from tests.training import frame

SPEC = find("telecom")
ROWS = frame(SPEC.name, Side.TRAIN)
AMPLE = Budget(1_000.0, lambda: 0.0)
GUESS = with_encoding(SPEC, Pipeline([("classify", DummyClassifier())]))
LINEAR = with_encoding(
    SPEC, Pipeline([("impute", impute()), ("classify", LogisticRegression(max_iter=1_000))])
)
SAME = with_encoding(
    SPEC, Pipeline([("impute", impute()), ("classify", LogisticRegression(max_iter=1_001))])
)


def divided(rows: pd.DataFrame, spec: ModelSpec = SPEC) -> CrossValidation:
    """Divide rows that have enough of each outcome."""
    return CrossValidation.of(spec, rows, 7)


def selected(
    offered: dict[str, Pipeline],
    rows: pd.DataFrame = ROWS,
    budget: Budget = AMPLE,
    progress: Progress = no_progress,
) -> Selection:
    """The selection among candidates."""
    return select(divided(rows), offered, budget, progress)[0]


def test_the_best_is_chosen() -> None:
    """What ranks is chosen over what guesses, wherever it stands in the list."""
    found = selected({"guess": GUESS, "linear": LINEAR})
    assert found.chosen == "linear"
    assert found.metric == Metric.ROC_AUC
    assert found.reason == "linear has the best mean roc_auc of 2 candidates"
    scores = {score.name: score for score in found.candidates}
    assert scores["guess"].mean == pytest.approx(0.5)
    assert scores["linear"].mean > 0.6
    assert len(scores["linear"].scores) == found.folds == cross_validate.FOLDS


def test_the_smaller_of_two_equals_is_chosen() -> None:
    """A candidate that is no better does not replace a smaller one."""
    steps = [("impute", impute()), ("again", impute()), ("classify", LogisticRegression())]
    twin = with_encoding(SPEC, Pipeline(steps))
    assert selected({"twin": twin, "linear": LINEAR}).chosen == "linear"
    assert selected({"linear": LINEAR, "twin": twin}).chosen == "linear"


def test_a_candidate_far_behind_is_stopped() -> None:
    """Its remaining folds are not fitted, and the record says why."""
    found = selected({"linear": LINEAR, "guess": GUESS})
    guess = found.candidates[-1]
    assert (guess.name, len(guess.scores)) == ("guess", 2)
    assert guess.note.startswith("stopped after 2 of 5 folds: behind linear by 0.")
    assert not found.stopped_by_time


def test_the_budget_stops_candidates_and_never_the_first() -> None:
    """With no time at all, one candidate is scored on every fold, and the others are named."""
    found = selected({"guess": GUESS, "linear": LINEAR, "same": SAME}, budget=Budget(0.0))
    assert [each.name for each in found.candidates] == ["guess"]
    assert len(found.candidates[0].scores) == found.folds
    assert (found.chosen, found.untried) == ("guess", ("linear", "same"))
    assert found.stopped_by_time
    assert found.reason == "guess is the only candidate tried within the budget"


def test_the_budget_stops_a_candidate_between_two_folds() -> None:
    """A candidate that runs out of time is no candidate, however good it has been."""
    # Seconds at the start and before each question whether time is over.
    seconds = iter([0.0, *[0.0] * 3, *[99.0] * 99])
    found = selected({"guess": GUESS, "linear": LINEAR}, budget=Budget(10.0, lambda: next(seconds)))
    assert found.chosen == "guess"
    assert found.candidates[1].note.endswith("of 5 folds: budget spent")
    assert found.stopped_by_time


def test_time_is_kept_for_the_final_fits() -> None:
    """No other candidate is tried if the leader's final fits need all the time that is left."""
    unused = Budget(1e-6, lambda: 0.0)
    found = selected({"guess": GUESS, "linear": LINEAR}, budget=unused)
    assert (found.chosen, found.untried) == ("guess", ("linear",))


def test_it_is_the_same_each_time() -> None:
    """The same rows and seed give the same scores to the last digit."""
    offered = {"guess": GUESS, "linear": LINEAR}
    assert selected(offered) == selected(offered)


def test_progress_is_told_as_it_comes() -> None:
    """Each fold's score is told, and the ranking so far after each candidate."""
    told: list[str] = []
    selected({"guess": GUESS, "linear": LINEAR}, progress=told.append)
    assert told[0] == "guess, fold 1 of 5: roc_auc 0.5000"
    assert told[5].startswith("ranking by roc_auc: guess 0.5000 (")
    assert told[6].startswith("linear, fold 1 of 5: roc_auc 0.")
    assert told[-1].startswith("ranking by roc_auc: linear 0.")
    assert told[-1].endswith(" of 1000 s used)")


def test_every_row_is_predicted_by_a_fit_without_it() -> None:
    """Out-of-fold predictions are in the order of the rows, and as good as the scores say."""
    _, finished = select(divided(ROWS), {"linear": LINEAR}, AMPLE, no_progress)
    found = finished["linear"]
    assert found.rows.tolist() == list(range(len(ROWS)))
    assert found.y.tolist() == ROWS[SPEC.target.column].tolist()
    assert roc_auc_score(found.y, found.predicted) == pytest.approx(
        sum(found.scores) / len(found.scores), abs=0.03
    )


def test_many_rows_are_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more rows are used than are needed to tell candidates apart, and it says how many."""
    monkeypatch.setattr(cross_validate, "ROWS", 300)
    selection, finished = select(divided(ROWS), {"linear": LINEAR}, AMPLE, no_progress)
    found = finished["linear"]
    assert selection.rows == len(found.rows) == 300
    assert found.y.tolist() == ROWS[SPEC.target.column].iloc[found.rows].tolist()


def test_many_rows_have_three_folds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three folds are enough where there are many rows."""
    monkeypatch.setattr(cross_validate, "_MANY_ROWS", 300)
    assert selected({"linear": LINEAR}).folds == 3


def test_nothing_to_choose_by() -> None:
    """One row of an outcome leaves nothing to measure by."""
    target = SPEC.target.column
    lonely = pd.concat([ROWS[ROWS[target] == 0.0], ROWS[ROWS[target] == 1.0].head(1)])
    with pytest.raises(DatasetError, match="a class of is_ultra occurs in a single group"):
        CrossValidation.of(SPEC, lonely, 7)


def test_few_of_an_outcome_are_shared_out() -> None:
    """With three rows of an outcome there are three folds, one in each."""
    target = SPEC.target.column
    few = pd.concat([ROWS[ROWS[target] == 0.0], ROWS[ROWS[target] == 1.0].head(3)])
    assert selected({"guess": GUESS, "linear": LINEAR}, few).folds == 3


def test_a_value_is_chosen_by_its_error() -> None:
    """A regression's candidates are compared too, and less error is better."""
    cars = find("carvision")
    trees = {
        f"{leaves}": with_encoding(
            cars,
            Pipeline(
                [("estimate", HistGradientBoostingRegressor(max_iter=20, max_leaf_nodes=leaves))]
            ),
        )
        for leaves in (2, 15)
    }
    rows = frame("carvision", Side.TRAIN).head(400)
    found, _ = select(divided(rows, cars), trees, AMPLE, no_progress)
    assert found.chosen == "15"
    assert all(score.mean > 0 for score in found.candidates)


def test_a_logarithm_is_scaled_for_squared_errors() -> None:
    """The median of a skewed target is too low for its mean, and right for absolute errors."""
    rng = np.random.default_rng(0)
    cars = find("carvision")
    rows = frame("carvision", Side.TRAIN).head(400)
    rows = rows.assign(price=5_000 * np.exp(rng.normal(0, 1, len(rows))))
    pipeline = with_encoding(cars, Pipeline([("estimate", LogTarget(DummyRegressor()))]))
    for metric, scale in ((Metric.MAE, 1.0), (Metric.RMSE, np.exp(0.5))):
        gate = cars.gate.model_copy(update={"primary": metric})
        spec = cars.model_copy(update={"gate": gate})
        found = divided(rows, spec).out_of_fold(pipeline)
        settled = found.settle(pipeline).steps[-1][1]
        assert settled.scale == pytest.approx(scale, rel=0.15)
        assert found.predicted.mean() == pytest.approx(5_000 * scale, rel=0.15)
