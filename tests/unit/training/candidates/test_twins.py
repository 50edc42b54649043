"""The final fits: a model whose export is too slow is fitted again with fewer trees."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, repeat
from typing import Any

import pandas as pd
import pytest
from imblearn.pipeline import Pipeline
from lightgbm import LGBMClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from modelfleet.adapters.onnx_export import OnnxExporter
from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.catalogue import find
from modelfleet.datasets.manifest import Side
from modelfleet.evaluation.measure import Speed, speed
from modelfleet.spec.errors import ParityError
from modelfleet.spec.model import Training
from modelfleet.training import twins
from modelfleet.training.candidates import choose
from modelfleet.training.candidates.blend import Tried
from modelfleet.training.candidates.choose import Choice, Chosen, choose_candidate
from modelfleet.training.candidates.folder import with_encoding
from modelfleet.training.candidates.select import no_progress
from modelfleet.training.export import Export, Exported
from modelfleet.training.fit import FittedModel
from tests.training import frame

SPEC = find("telecom").model_copy(update={"calibration": "none"})
ROWS = frame("telecom", Side.TRAIN).head(300)
ADDED = frame("telecom", Side.TEST).head(60)
SEED = 7
FAST = Speed(rows_per_second=1e6, p50_ms=0.05)


@pytest.fixture(scope="module")
def chosen() -> Chosen:
    """The only candidate, 40 trees."""
    trees = LGBMClassifier(n_estimators=40, n_jobs=1, random_state=SEED, verbosity=-1)
    only = {"trees": with_encoding(SPEC, Pipeline([("estimate", trees)]))}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(choose, "offered_candidates", lambda *_: only)
        return choose_candidate(SPEC, ROWS, SEED, Choice(seconds=100.0), no_progress)


def fitted(chosen: Chosen, added: pd.DataFrame | None = ADDED) -> twins.Twins:
    """Both models."""
    to_onnx = Export(OnnxExporter(), OnnxScorer, SPEC.features.columns(), ADDED)
    return twins.fit_twins(SPEC, chosen, (ROWS, added), to_onnx, SEED, no_progress)


def measured(monkeypatch: pytest.MonkeyPatch, *shares: float) -> None:
    """Let the exports take these multiples of the allowed time per row, one after the other."""
    allowed = 1.0 / SPEC.training.rows_per_second

    def answers() -> Iterator[Speed]:
        for share in chain(shares, repeat(shares[-1])):
            yield Speed(1.0 / (allowed * share), 0.05)

    found = answers()
    monkeypatch.setattr(twins, "speed", lambda *_: next(found))


def trees_of(found: Exported) -> int:
    """How many trees a fitted model has."""
    count: int = found.model.pipeline.steps[-1][1].booster_.num_trees()
    return count


def as_slow_as_estimated(chosen: Chosen, microseconds: float) -> Chosen:
    """The same choice, estimated to take so long."""
    found = replace(chosen.out_of_fold, microseconds=microseconds)
    contest = replace(chosen.contest, tried={chosen.name: Tried(chosen.pipeline, found)})
    return replace(chosen, out_of_fold=found, contest=contest)


def test_a_fast_model_is_fitted_twice(chosen: Chosen, monkeypatch: pytest.MonkeyPatch) -> None:
    """The judged and the served model have the same recipe, and one is both without more rows."""
    measured(monkeypatch, 0.5)
    found = fitted(chosen)
    assert found.chosen is chosen
    assert not found.are_one
    assert (trees_of(found.judged), trees_of(found.served)) == (40, 40)
    assert found.warnings == ()
    assert fitted(chosen, None).are_one


def test_a_slow_model_gets_fewer_trees(chosen: Chosen, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both models are fitted again, as large as the measurement allows, and the cost is named."""
    measured(monkeypatch, 1.25, 0.9)
    found = fitted(as_slow_as_estimated(chosen, 25.0))
    assert found.chosen.name == "trees smaller"
    assert found.chosen.selection.too_slow == "trees"
    assert trees_of(found.judged) == trees_of(found.served) < 40
    assert found.warnings == ()


def test_other_work_on_the_processor_makes_no_model_smaller(
    chosen: Chosen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A time far above the estimate is not the model's."""
    measured(monkeypatch, 20.0)
    found = fitted(chosen)
    assert found.chosen is chosen
    assert found.warnings == ()


def test_a_model_that_stays_too_slow_serves_with_a_warning(
    chosen: Chosen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After some attempts, the training goes on."""
    measured(monkeypatch, 1.4)
    found = fitted(as_slow_as_estimated(chosen, 0.0))
    assert found.chosen.name == "trees"
    assert found.warnings == ("trees: slower than required (40,000 rows/s, p50 5 ms)",)


def _exporter(monkeypatch: pytest.MonkeyPatch, *failing: str) -> None:
    """Let the exports of some candidates differ from their pipelines."""
    export = Export.__call__

    def differing(self: Export, model: FittedModel) -> Exported:
        found = type(model.pipeline.steps[-1][1]).__name__
        if found in failing:
            raise ParityError(f"the export of {found} differs")
        return export(self, model)

    monkeypatch.setattr(Export, "__call__", differing)


def test_a_candidate_that_cannot_be_exported_is_passed_over(
    chosen: Chosen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next best one is fitted, and the card says why; without one, the training fails."""
    measured(monkeypatch, 0.5)
    _exporter(monkeypatch, "LGBMClassifier")
    with pytest.raises(ParityError, match="LGBMClassifier differs"):
        fitted(chosen)
    steps = [
        ("fill", SimpleImputer()),
        ("scale", StandardScaler()),
        ("estimate", LogisticRegression()),
    ]
    line = with_encoding(SPEC, Pipeline(steps))
    validation = chosen.contest.validation
    both = {**chosen.contest.tried, "line": Tried(line, validation.out_of_fold(line))}
    wider = replace(chosen, contest=replace(chosen.contest, tried=both))
    found = fitted(wider)
    assert (found.chosen.name, found.chosen.selection.chosen) == ("line", "line")
    assert "trees cannot: the export of LGBMClassifier differs" in found.chosen.selection.reason
    assert found.warnings == ("line instead of trees: the export of LGBMClassifier differs",)


@pytest.mark.parametrize(
    ("of", "required", "share"),
    [
        (Speed(80_000.0, 0.1), Training(), 2.0),
        (Speed(20_000.0, 0.1), Training(rows_per_second=10_000), 2.0),
        (Speed(80_000.0, 10.0), Training(), 0.5),
        (Speed(1_000.0, 0.1), Training(), 25.0 / (1.5 * 40.0)),
    ],
)
def test_both_limits_count(chosen: Chosen, of: Speed, required: Training, share: float) -> None:
    """The share of the time that the model may take is that of the stricter limit."""
    found = twins.Twins(as_slow_as_estimated(chosen, 40.0), None, None, of)  # type: ignore[arg-type]  # not read
    assert found.affordable_share(required) == pytest.approx(share)


def test_few_rows_make_a_batch(chosen: Chosen, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are repeated, so that the batch does not depend on how many there are."""
    sizes = []

    class Counting:
        def score(self, rows: Any) -> list[float]:
            sizes.append(len(rows))
            return [0.0] * len(rows)

    measured(monkeypatch, 0.5)
    encoding = fitted(chosen, None).judged.model.encoding
    found = speed(Counting(), encoding, ROWS.head(3))
    assert set(sizes) == {1_000, 1}
    assert found.rows_per_second > 0
    assert found.p50_ms >= 0
