"""The learning curve: what it measures, and when it is left out."""

import pytest
from imblearn.pipeline import Pipeline
from sklearn.linear_model import LogisticRegression

from modelfleet.catalogue import find
from modelfleet.datasets.manifest import Side
from modelfleet.training.candidates import choose, learning_curve
from modelfleet.training.candidates.building_blocks import impute
from modelfleet.training.candidates.choose import Choice, Chosen, choose_candidate
from modelfleet.training.candidates.folder import with_encoding
from modelfleet.training.candidates.learning_curve import learned
from modelfleet.training.candidates.select import no_progress
from tests.training import frame

SPEC = find("telecom")
ROWS = frame("telecom", Side.TRAIN).head(500)
SEED = 7


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> Chosen:
    """A linear model, with ample time."""
    return choice(monkeypatch, 1_000.0)


def choice(monkeypatch: pytest.MonkeyPatch, seconds: float) -> Chosen:
    """The only candidate, chosen within a budget."""
    linear = Pipeline([("impute", impute()), ("estimate", LogisticRegression(max_iter=1_000))])
    only = {"linear": with_encoding(SPEC, linear)}
    monkeypatch.setattr(choose, "offered_candidates", lambda *_: only)
    return choose_candidate(SPEC, ROWS, SEED, Choice(seconds=seconds), no_progress)


def test_it_ends_with_the_scores_of_the_selection(chosen: Chosen) -> None:
    """A quarter and a half of the rows are fitted, and scored on the same folds."""
    found = learned(chosen, SEED, generated=False)
    assert [point.rows for point in found.learning_curve] == [100, 200, 400]
    assert all(len(point.scores) == found.folds for point in found.learning_curve)
    whole = found.learning_curve[-1]
    assert (whole.mean, whole.scores) == (found.candidates[0].mean, found.candidates[0].scores)
    assert found.learning_note == ""
    assert learned(chosen, SEED, generated=False) == found


def test_it_is_left_out_with_a_reason(chosen: Chosen, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody asks for more generated rows, few rows are noise, and the budget is kept."""
    assert learned(chosen, SEED, generated=True).learning_note == "the rows are generated"
    spent = choice(monkeypatch, 0.0)
    found = learned(spent, SEED, generated=False)
    assert (found.learning_curve, found.learning_note) == ((), "the budget is spent")
    monkeypatch.setattr(learning_curve, "_FEWEST_ROWS", 101)
    assert learned(chosen, SEED, generated=False).learning_note == "too few rows"


def test_each_outcome_stays_in_a_sample(chosen: Chosen) -> None:
    """A rare class has at least two rows in the smallest sample, so that it can be fitted."""
    validation = chosen.contest.validation
    fitted, _ = validation.folds[0]
    drawn = learning_curve._sample(validation, fitted, 0.001, SEED)
    assert sorted(validation.y[drawn]) == [0.0, 0.0, 1.0, 1.0]
    assert set(drawn) <= set(fitted)
