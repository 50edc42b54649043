"""The choice within what may be served, and its repetition."""

import pytest
from imblearn.pipeline import Pipeline
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from modelfleet.catalogue import find
from modelfleet.datasets.manifest import Side
from modelfleet.spec.model import ModelSpec, Training
from modelfleet.training.candidates import choose
from modelfleet.training.candidates.building_blocks import impute
from modelfleet.training.candidates.choose import Choice, Chosen, choose_candidate
from modelfleet.training.candidates.folder import with_encoding
from modelfleet.training.candidates.select import no_progress
from tests.training import frame

SPEC = find("telecom")
ROWS = frame(SPEC.name, Side.TRAIN).head(400)
SEED = 7
OFFERED = {
    "forest": RandomForestClassifier(40, min_samples_leaf=5, random_state=SEED),
    "linear": LogisticRegression(max_iter=1_000),
    "guess": DummyClassifier(),
}


@pytest.fixture(autouse=True)
def offered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a forest, a linear model, and a guess be the candidates."""
    pipelines = {
        name: with_encoding(SPEC, Pipeline([("impute", impute()), ("estimate", estimator)]))
        for name, estimator in OFFERED.items()
    }
    monkeypatch.setattr(choose, "offered_candidates", lambda *_: pipelines)


def spec(**training: object) -> ModelSpec:
    """The model with training settings."""
    return SPEC.model_copy(update={"training": Training.model_validate(training)})


def chosen(of: ModelSpec, **choice: object) -> Chosen:
    """The choice among the offered candidates."""
    given = Choice(seconds=1_000.0, **choice)  # type: ignore[arg-type]  # as the fields are called
    return choose_candidate(of, ROWS, SEED, given, no_progress)


def test_a_fast_candidate_stays_as_it_is() -> None:
    """The default budget leaves the choice alone."""
    found = chosen(SPEC)
    assert (found.name, found.selection.too_slow) == ("forest", None)
    assert found.selection.accuracy_cost is None
    assert found.out_of_fold.microseconds > 0


def test_a_slow_candidate_is_made_smaller_and_its_cost_is_on_record() -> None:
    """It has as many trees as fit, is listed beside the others, and wins while it is the best."""
    whole = chosen(SPEC)
    affordable = whole.out_of_fold.microseconds / 4
    found = chosen(spec(rows_per_second=1e6 / affordable))
    assert found.name == "forest smaller"
    assert found.selection.too_slow == "forest"
    score = found.selection.candidate("forest smaller")
    assert score.variant_of == "forest"
    assert score.parameters == {"estimate__n_estimators": 10}
    assert score.microseconds == pytest.approx(affordable, rel=0.2)
    cost = whole.selection.candidate("forest").mean - score.mean
    assert found.selection.accuracy_cost == pytest.approx(cost)
    assert "forest is too slow: roc_auc" in found.selection.reason


def test_another_candidate_serves_if_it_is_better_than_the_smaller_one() -> None:
    """With a single tree left, the linear model is chosen."""
    found = chosen(spec(rows_per_second=1e9))
    assert (found.name, found.selection.too_slow) == ("linear", "forest")
    assert {each.name for each in found.selection.candidates} >= {"forest smaller", "guess"}


def test_a_candidate_a_little_over_the_estimate_is_left_to_the_measurement() -> None:
    """The estimate is no more exact than that; the measurement then asks exactly."""
    cost = chosen(SPEC).out_of_fold.microseconds
    found = chosen(spec(rows_per_second=1e6 / cost * 1.1))
    assert found.name == "forest"
    assert found.contest.within(cost / 1.1, exactly=True).name != "forest"


@pytest.mark.parametrize(
    "settings", [{}, {"rows_per_second": 5e6}, {"blend": True}, {"rows_per_second": 1e9}]
)
def test_a_retry_repeats_the_choice(settings: dict[str, object]) -> None:
    """Whatever was chosen, the same pipeline and out-of-fold predictions come of its record."""
    first = chosen(spec(**settings))
    again = chosen(spec(**settings), decided=first.selection)
    assert again.selection == first.selection
    assert str(again.pipeline) == str(first.pipeline)
    assert again.out_of_fold.predicted.tolist() == first.out_of_fold.predicted.tolist()
    assert again.out_of_fold.scores == first.out_of_fold.scores


def test_a_blend_is_opt_in_and_lists_its_members() -> None:
    """Its weights are on record; candidates behind the leader go on, and may be members."""
    found = chosen(spec(blend=True)).selection
    assert all(len(each.scores) == found.folds for each in found.candidates)
    blend = found.candidate("blend")
    assert blend.weights.keys() == {"forest", "linear"}
    assert ("a blend (" in found.reason) == (found.chosen == "blend")
    assert not any(each.weights for each in chosen(SPEC).selection.candidates)
