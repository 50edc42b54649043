"""More than two classes in training and at the gate: measured, exported, compared, told."""

import re
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import log_loss, recall_score, roc_auc_score

from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.datasets.manifest import Side
from modelfleet.datasets.split import require_enough
from modelfleet.evaluation.compare import Answers, compare
from modelfleet.evaluation.gate import Decision, is_better
from modelfleet.registry.answers import answers
from modelfleet.registry.manifest import REPLAY_FILE, Replay
from modelfleet.spec.errors import DatasetError
from modelfleet.spec.model import Metric, ModelSpec, Resampling
from modelfleet.statistics.reference_profile import ReferenceProfile
from modelfleet.tables.target import outcomes
from modelfleet.training.candidates.folder import default_candidate
from modelfleet.training.candidates.resample import Resampler
from modelfleet.training.champion import obstacle
from modelfleet.training.fit import fit
from tests.contract.multiclass.conftest import Made
from tests.training import frame, splits

CLASSES = ("low", "middle", "high", "extreme value")


@pytest.fixture(scope="module")
def candidate(made: Made) -> Answers:
    """What the bundle answers to the test rows."""
    return answers(made.bundle, OnnxScorer, frame("graded", Side.TEST))


def test_the_bundle_answers_a_probability_each(made: Made, candidate: Answers) -> None:
    """Every class has its column, parity is measured over all of them, and nothing is cut."""
    manifest = made.bundle.manifest
    assert manifest.classes == CLASSES
    assert (manifest.threshold, manifest.interval, manifest.threshold_choice) == (None, None, None)
    assert candidate.predicted.shape == (len(frame("graded", Side.TEST)), 4)
    assert candidate.predicted.sum(axis=1) == pytest.approx(np.ones(len(candidate.predicted)))
    assert manifest.parity.holds


def test_metrics_are_those_of_the_bundle_on_test_rows(made: Made, candidate: Answers) -> None:
    """The manifest says what scikit-learn says of the bundle's own answers."""
    y = outcomes(made.spec, frame("graded", Side.TEST))
    p, metrics = candidate.predicted, made.bundle.manifest.metrics
    assert metrics["log_loss"] == pytest.approx(log_loss(y, p / p.sum(axis=1, keepdims=True)))
    assert metrics["roc_auc_ovr"] == pytest.approx(
        np.mean([roc_auc_score(y == k, p[:, k]) for k in range(4)])
    )
    found = made.bundle.manifest.evaluation
    assert found is not None
    assert [each.name for each in found.classes] == list(CLASSES)
    recalls = recall_score(y, p.argmax(axis=1), average=None)
    assert [each.recall.value for each in found.classes] == pytest.approx(list(recalls))
    assert sum(each.called for each in found.classes) == y.size
    assert {group.name for group in found.slices} >= {"colour = blue", "size = below 40"}
    assert found.calibration_noise is not None


def test_the_profile_keeps_both_parts_of_an_answer(made: Made) -> None:
    """Which class is answered, and how surely: what drift is told by."""
    profile = ReferenceProfile.parse(made.bundle.files["profile.json"])
    assert profile.label is not None
    assert set(profile.label.shares) <= set(CLASSES)
    assert sum(profile.label.shares.values()) == pytest.approx(1)
    assert profile.prediction.minimum is not None
    assert profile.prediction.minimum >= 0.25


def test_replayed_rows_carry_the_likeliest_ones_probability(made: Made) -> None:
    """What a release compares is what the deployed function answers."""
    replay = Replay.parse(made.bundle.files[REPLAY_FILE])
    scores = made.scorer.score(made.bundle.manifest.encoding.encode(replay.rows))
    assert replay.scores == pytest.approx(np.max(np.array(scores), axis=1))


def test_card_and_run_tell_each_class(made: Made) -> None:
    """The card has a line for every class and its own plots; the run has every recall."""
    card = made.bundle.files["card.html"].decode()
    for name in CLASSES:
        assert name in card
    for title in ("Classes", "Confusion matrix", "Recall by class", "Scores", "Calibration"):
        assert re.search(rf"<h[23]>{title}</h[23]>", card), title
    assert "Predicts the most likely of 4 classes" in card
    run = next(iter(made.registry.runs.values()))
    assert 0 <= run.recorded_metrics["class/extreme value/recall"] <= 1
    assert "threshold" not in run.recorded_metrics


def test_the_first_version_is_promoted(made: Made) -> None:
    """Its limits hold, and there is no champion yet."""
    assert made.state.evaluated is not None
    assert made.state.evaluated.verdict.decision is Decision.PROMOTE


def test_a_worse_champion_is_beaten_beyond_chance(made: Made, candidate: Answers) -> None:
    """On the same rows: log loss and its like by the bootstrap, right and wrong by McNemar."""
    rows = frame("graded", Side.TEST)
    coin = np.random.default_rng(1).dirichlet(np.ones(4), len(rows))
    worse = replace(candidate, predicted=0.5 * candidate.predicted + 0.5 * coin)
    found = compare(made.spec, rows, candidate, worse)
    assert found.primary.metric == "log_loss"
    assert is_better(found)
    assert not is_better(compare(made.spec, rows, worse, candidate))
    tests = Counter(test.name for test in found.others)
    assert tests == {"paired bootstrap": 5, "McNemar": 1}


def test_a_model_that_equals_the_champion_is_kept(made: Made, candidate: Answers) -> None:
    """Nothing is better than itself."""
    found = compare(made.spec, frame("graded", Side.TEST), candidate, candidate)
    assert (found.primary.lower, found.primary.upper) == (0.0, 0.0)
    assert not is_better(found)


def test_a_champion_of_other_classes_is_not_comparable(made: Made) -> None:
    """Its columns would mean something else."""
    manifest = made.bundle.manifest
    other = manifest.model_copy(update={"classes": ("low", "middle", "high", "top")})
    assert obstacle(made.spec, manifest) is None
    assert obstacle(made.spec, other) == "its classes are low, middle, high, top"


def test_a_class_that_training_lacks_is_named(graded: ModelSpec) -> None:
    """A model that never saw a class could never answer it."""
    rows = frame("graded", Side.TRAIN)
    _, pipeline = default_candidate(graded, 1)
    with pytest.raises(DatasetError, match="no training row has the grade high"):
        fit(graded, pipeline, rows[rows["grade"] != "high"], 1)


def test_a_class_with_few_rows_on_a_side_is_named(graded: ModelSpec) -> None:
    """Each side needs three rows of every class."""
    sides = dict(splits("graded"))
    others = [row for row in sides[Side.TEST] if row["grade"] != "middle"]
    some = [row for row in sides[Side.TEST] if row["grade"] == "middle"][:2]
    sides[Side.TEST] = others + some
    with pytest.raises(DatasetError, match="the test side has 2 rows with grade = middle, 3 are"):
        require_enough(graded, sides)


def test_each_rare_class_is_resampled(graded: ModelSpec) -> None:
    """Synthetic rows are added to every class that is rarer than the rule allows, and no other."""
    rng = np.random.default_rng(0)
    y = np.repeat([0.0, 1.0, 2.0, 3.0], [400, 90, 250, 40])
    columns = tuple(c for c in graded.features.columns() if c.kind.is_numeric)
    rule = Resampling(method="smote", imbalance_ratio=2.0, target_ratio=2.0)
    X = rng.normal(size=(y.size, len(columns)))
    _, found = Resampler(columns, rule, 1).fit_resample(X, y)
    assert np.unique(found, return_counts=True)[1].tolist() == [400, 200, 250, 200]


def test_the_declared_metrics_measure_classes(graded: ModelSpec) -> None:
    """Log loss decides, and what is about two classes is no metric here."""
    assert graded.gate.primary is Metric.LOG_LOSS
    declared = {name: getattr(graded, name) for name in ModelSpec.model_fields}
    with pytest.raises(ValueError, match="roc_auc does not measure a multiclass model"):
        ModelSpec(**(declared | {"metrics": (*graded.metrics, Metric.ROC_AUC)}))
    served = graded.serving.model_copy(update={"ranked_as": "rows"})
    with pytest.raises(ValueError, match=r"serving\.ranked_as"):
        ModelSpec(**(declared | {"serving": served}))
