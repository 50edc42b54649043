"""Choosing among candidates by cross-validation."""

import pandas as pd
import pytest
from imblearn.pipeline import Pipeline
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression

from modelfleet.catalogue import find
from modelfleet.datasets.manifest import Side
from modelfleet.spec.model import Metric, ModelSpec
from modelfleet.statistics.results import Selection
from modelfleet.training.candidates import cross_validate
from modelfleet.training.candidates.building_blocks import impute
from modelfleet.training.candidates.cross_validate import CrossValidation
from modelfleet.training.candidates.folder import with_encoding
from modelfleet.training.candidates.select import no_progress, select
from tests.training import frame

SPEC = find("telecom")
ROWS = frame(SPEC.name, Side.TRAIN)
GUESS = with_encoding(SPEC, Pipeline([("classify", DummyClassifier())]))
LINEAR = with_encoding(
    SPEC, Pipeline([("impute", impute()), ("classify", LogisticRegression(max_iter=1_000))])
)
SAME = with_encoding(
    SPEC, Pipeline([("impute", impute()), ("classify", LogisticRegression(max_iter=1_001))])
)


def divided(rows: pd.DataFrame, spec: ModelSpec = SPEC) -> CrossValidation:
    """Divide rows that have enough of each outcome."""
    validation = CrossValidation.of(spec, rows, 7)
    assert validation is not None
    return validation


def selected(offered: dict[str, Pipeline], rows: pd.DataFrame = ROWS) -> Selection:
    """The selection among candidates that leave a choice."""
    return select(divided(rows), offered, no_progress)


def test_a_better_candidate_replaces_the_default() -> None:
    """What ranks replaces what guesses, and the reason has both numbers."""
    found = selected({"guess": GUESS, "linear": LINEAR})
    assert found.chosen == "linear"
    assert found.metric == Metric.ROC_AUC
    assert found.reason.startswith("linear is significantly better than the default guess: by 0.")
    scores = {score.name: score for score in found.candidates}
    assert scores["guess"].mean == pytest.approx(0.5)
    assert scores["linear"].mean > 0.6
    assert len(scores["linear"].scores) == found.folds == cross_validate.FOLDS


def test_the_default_stays_among_equals() -> None:
    """A candidate that is no better leaves the default in its place."""
    assert selected({"linear": LINEAR, "same": SAME}).chosen == "linear"


def test_it_is_the_same_each_time() -> None:
    """The same rows and seed give the same scores to the last digit."""
    offered = {"guess": GUESS, "linear": LINEAR}
    assert selected(offered) == selected(offered)


def test_progress_is_told_as_it_comes() -> None:
    """Each candidate's score is told, by its name and the measure's."""
    told: list[str] = []
    select(divided(ROWS), {"guess": GUESS, "linear": LINEAR}, told.append)
    assert told[0] == f"guess: roc_auc 0.5000, {cross_validate.FOLDS} folds"
    assert told[1].startswith("linear: roc_auc 0.")


def test_many_rows_are_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more rows are used than are needed to tell candidates apart, and it says how many."""
    monkeypatch.setattr(cross_validate, "ROWS", 300)
    assert selected({"guess": GUESS, "linear": LINEAR}).rows == 300


def test_nothing_to_choose_by() -> None:
    """One row of an outcome leaves nothing to measure by."""
    target = SPEC.target.column
    lonely = pd.concat([ROWS[ROWS[target] == 0.0], ROWS[ROWS[target] == 1.0].head(1)])
    assert CrossValidation.of(SPEC, lonely, 7) is None


def test_few_of_an_outcome_are_shared_out() -> None:
    """With three rows of an outcome there are three folds, one in each."""
    target = SPEC.target.column
    few = pd.concat([ROWS[ROWS[target] == 0.0], ROWS[ROWS[target] == 1.0].head(3)])
    assert selected({"guess": GUESS, "linear": LINEAR}, few).folds == 3


def test_a_value_is_chosen_by_its_error() -> None:
    """A regression's candidates are compared too, and less error is better."""
    cars = find("carvision")
    from models.carvision.estimators import candidates  # noqa: PLC0415  the only test that needs it

    offered = {name: with_encoding(cars, each) for name, each in candidates(7).items()}
    rows = frame("carvision", Side.TRAIN).head(400)
    found = select(divided(rows, cars), offered, no_progress)
    assert {score.name for score in found.candidates} == set(offered)
    assert all(score.mean > 0 for score in found.candidates)
