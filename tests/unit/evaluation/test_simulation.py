"""How often the gate errs, by simulation: on equal models, on a better one, and on a worse one."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from sklearn.tree import DecisionTreeClassifier

from modelfleet.catalogue import find
from modelfleet.evaluation.compare import Answers, compare
from modelfleet.evaluation.gate import Decision, decide
from modelfleet.evaluation.limits import Measured
from modelfleet.spec.model import Metric, ModelSpec
from modelfleet.statistics.results import Evaluation, Parity
from tests.fleet.graded.spec import SPEC as GRADED
from tests.serving import manifest

# Other tests cover the gate's lines; traced, thousands of comparisons take much longer.
pytestmark = pytest.mark.no_cover

Values = NDArray[np.float64]

# Within every limit of its own, so that the comparison decides.
FAULTLESS = Measured(
    evaluation=Evaluation(rows=1, metrics={}),
    parity=Parity(rows=1, maximum_difference=0.0, mean_difference=0.0, tolerance=1e-4),
    bundle_bytes=1,
    latency_ms=0.1,
)
# The gate promotes 2.5 % of equal models where its intervals are exact.
FALSE_PROMOTIONS = 0.05


def judged_by(model: str, metric: Metric) -> ModelSpec:
    """A shipped model that is judged by one metric and measured by nothing else."""
    spec = GRADED if model == GRADED.name else find(model)
    changes = {"primary": metric, "minimum": {}, "maximum": {}}
    return spec.model_copy(
        update={"metrics": (metric,), "gate": spec.gate.model_copy(update=changes)}
    )


def answers(spec: ModelSpec, predicted: Values) -> Answers:
    """What a model answers that is nothing but its predictions."""
    described = manifest(spec, "1", b"")
    return Answers("1", "d" * 12, predicted, described.rule)


def draw(
    rng: np.random.Generator, model: str, rows: int, noise: tuple[float, float]
) -> tuple[Values | NDArray[np.object_], Values, Values]:
    """Outcomes, and what candidate and champion answer, who see the same signal with noise."""
    if model == GRADED.name:
        return _classes(rng, rows, noise)
    signal = rng.normal(0.0, 1.5, rows)
    mine, theirs = (signal + rng.normal(0.0, deviation, rows) for deviation in noise)
    if model == "carvision":
        return _price(signal), _price(mine), _price(theirs)
    y = (rng.random(rows) < _probability(signal)).astype(np.float64)
    return y, _probability(mine), _probability(theirs)


def _classes(
    rng: np.random.Generator, rows: int, noise: tuple[float, float]
) -> tuple[NDArray[np.object_], Values, Values]:
    shape = (rows, len(GRADED.classes))
    signal = rng.normal(0.0, 1.5, shape)
    mine, theirs = (signal + rng.normal(0.0, deviation, shape) for deviation in noise)
    true = (signal + rng.gumbel(size=shape)).argmax(axis=1)
    shares = (np.exp(each) / np.exp(each).sum(axis=1, keepdims=True) for each in (mine, theirs))
    return np.array(GRADED.classes, dtype=object)[true], *shares


def _price(signal: Values) -> Values:
    return 10_000.0 + 3_000.0 * signal


def _probability(signal: Values) -> Values:
    return np.asarray(1.0 / (1.0 + np.exp(1.5 - signal)))


def verdicts(
    model: str, metric: Metric, rows: int, noise: tuple[float, float], draws: int
) -> Counter[Decision]:
    """What the gate says in so many draws."""
    spec, rng, told = judged_by(model, metric), np.random.default_rng(7), Counter[Decision]()
    for _ in range(draws):
        y, mine, theirs = draw(rng, model, rows, noise)
        frame = pd.DataFrame({spec.target.column: y})
        comparison = compare(spec, frame, answers(spec, mine), answers(spec, theirs))
        told[decide(spec.gate, None, FAULTLESS, comparison).decision] += 1
    return told


@pytest.mark.parametrize(
    ("model", "metric", "rows", "draws"),
    [
        ("bankchurn", Metric.ROC_AUC, 160, 400),
        ("bankchurn", Metric.ROC_AUC, 2_000, 200),
        ("leads", Metric.PR_AUC, 150, 200),
        ("leads", Metric.PRECISION_AT_25, 150, 200),
        ("carvision", Metric.RMSE, 200, 200),
        ("carvision", Metric.MAE, 200, 200),
        ("graded", Metric.LOG_LOSS, 200, 200),
    ],
)
def test_equal_models_are_seldom_promoted(
    model: str, metric: Metric, rows: int, draws: int
) -> None:
    """Of candidates that are as good as the champion, at most 5 % are promoted."""
    told = verdicts(model, metric, rows, (0.8, 0.8), draws)
    assert told[Decision.PROMOTE] <= FALSE_PROMOTIONS * draws, told


@pytest.mark.parametrize(
    ("model", "metric", "rows"),
    [
        ("bankchurn", Metric.ROC_AUC, 1_000),
        ("leads", Metric.PR_AUC, 1_000),
        ("leads", Metric.PRECISION_AT_100, 1_000),
        ("carvision", Metric.RMSE, 300),
        ("graded", Metric.LOG_LOSS, 300),
    ],
)
def test_better_models_are_promoted_and_worse_ones_blocked(
    model: str, metric: Metric, rows: int
) -> None:
    """A model that sees clearly more is promoted nine times in ten; the other way, never."""
    better = verdicts(model, metric, rows, (0.4, 2.4), draws=20)
    assert better[Decision.PROMOTE] >= 18, better
    worse = verdicts(model, metric, rows, (2.4, 0.4), draws=20)
    assert worse[Decision.BLOCK] >= 18, worse
    assert worse[Decision.PROMOTE] == 0, worse


def test_models_that_are_alike_are_seldom_blocked() -> None:
    """On 600 rows the shipped margin is met by two models that rank almost as one another."""
    told = verdicts("bankchurn", Metric.ROC_AUC, 600, (0.3, 0.3), draws=100)
    assert told[Decision.BLOCK] <= 5, told


TABLE, HELD_OUT, FRESH = 1_000, 200, 2_000


def two_models(rng: np.random.Generator, effect: float) -> dict[str, tuple[Values, Values, Values]]:
    """Outcomes, and what candidate and champion answer, of the judged and of the served models.

    The champion is a tree of half of the rows and of columns that say nothing; the candidate is one
    of all rows. The judged models leave out the held-out rows; the served ones, which also answer
    `fresh` rows, do not.
    """
    x = rng.normal(size=(TABLE + FRESH, 2))
    y = (rng.random(len(x)) < 1.0 / (1.0 + np.exp(-effect * x[:, 0]))).astype(np.float64)
    old, fresh = np.arange(TABLE) % 2 == 0, slice(TABLE, None)
    learned = np.arange(TABLE) >= HELD_OUT

    def answered(rows: NDArray[np.bool_], column: int, of: slice) -> Values:
        tree = DecisionTreeClassifier(min_samples_leaf=20, random_state=0)
        tree.fit(x[:TABLE][rows][:, [column]], y[:TABLE][rows])
        return np.asarray(tree.predict_proba(x[of][:, [column]])[:, 1])

    def both(candidate: NDArray[np.bool_], of: slice) -> tuple[Values, Values, Values]:
        return y[of], answered(candidate, 0, of), answered(candidate & old, 1, of)

    whole, held_out = np.ones(TABLE, dtype=np.bool_), slice(0, HELD_OUT)
    return {
        "judged": both(learned, held_out),
        "served": both(whole, held_out),
        "fresh": both(whole, fresh),
    }


def promoted(drawn: tuple[Values, Values, Values]) -> bool:
    """Whether the gate promotes the candidate, given these outcomes and answers."""
    spec = judged_by("bankchurn", Metric.ROC_AUC)
    y, mine, theirs = drawn
    frame = pd.DataFrame({spec.target.column: y})
    comparison = compare(spec, frame, answers(spec, mine), answers(spec, theirs))
    return decide(spec.gate, None, FAULTLESS, comparison).decision is Decision.PROMOTE


def test_judged_models_promote_no_noise() -> None:
    """A candidate that has learned the held-out rows is not promoted for it: its twin is judged."""
    rng, draws = np.random.default_rng(7), 160
    drawn = [two_models(rng, effect=0.0) for _ in range(draws)]
    assert sum(promoted(each["judged"]) for each in drawn) <= FALSE_PROMOTIONS * draws
    # Served models are not compared on these rows, because about half of such candidates would win.
    assert sum(promoted(each["served"]) for each in drawn[:20]) >= 5


def test_the_served_twin_of_a_better_model_is_better() -> None:
    """A candidate that knows more is promoted, and what then serves is better on fresh rows."""
    rng, draws = np.random.default_rng(7), 40
    drawn = [two_models(rng, effect=1.5) for _ in range(draws)]
    won = [each["fresh"] for each in drawn if promoted(each["judged"])]
    assert len(won) >= 0.9 * draws
    assert all(roc_auc_score(y, mine) > roc_auc_score(y, theirs) for y, mine, theirs in won)
