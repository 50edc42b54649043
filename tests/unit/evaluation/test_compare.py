"""Two models side by side: which tests are made, and which of them comes first."""

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from modelfleet.catalogue import find, names
from modelfleet.evaluation.compare import Answers, compare
from modelfleet.registry.answers import answers
from modelfleet.registry.bundle_store import Bundle
from modelfleet.spec.errors import BundleError
from modelfleet.spec.metric import Metric
from modelfleet.spec.model import ModelSpec
from modelfleet.tables.encoding import RowEncoding
from tests.serving import linear_model, manifest

ROWS = 60


def answered(spec: ModelSpec, version: str, predicted: NDArray[np.float64]) -> Answers:
    """What a version answers."""
    described = manifest(spec, version, b"")
    return Answers(version, "d" * 12, predicted, described.rule)


def rows(spec: ModelSpec) -> pd.DataFrame:
    """Outcomes, which are all that a comparison reads of rows."""
    if spec.classes:
        names = np.array(spec.classes, dtype=object)
        return pd.DataFrame({spec.target.column: np.resize(names, ROWS)})
    values = (
        np.arange(ROWS) % 2 if spec.gate.primary.higher_is_better else np.arange(1, ROWS + 1) * 1e3
    )
    return pd.DataFrame({spec.target.column: values.astype(np.float64)})


@pytest.mark.parametrize("model", names())
def test_every_metric_that_ranks_models_is_tested(model: str) -> None:
    """The gate's own metric comes first, then the spec's others, and decisions last."""
    spec, rng = find(model), np.random.default_rng(5)
    table = rows(spec)
    one, other = (rng.dirichlet(np.ones(len(spec.classes) or 2), ROWS) for _ in range(2))
    if not spec.classes:
        one, other = one[:, 0], other[:, 0]
    found = compare(spec, table, answered(spec, "2", one), answered(spec, "1", other))
    tested = [Metric(test.metric) for test in found.others if test.name != "McNemar"]
    unranked = {Metric.INTERVAL_COVERAGE, Metric.CALIBRATION_ERROR, spec.gate.primary}
    assert found.primary.metric == spec.gate.primary
    assert tested == [metric for metric in spec.metrics if metric not in unranked]
    assert (found.champion_version, found.rows) == ("1", ROWS)
    assert [test.name for test in found.others].count("McNemar") == bool(spec.outcomes)


def test_each_model_decides_by_its_own_threshold() -> None:
    """What counts in McNemar's test is what each version would have said."""
    spec = find("bankchurn")
    table = rows(spec)
    y = table[spec.target.column].to_numpy()
    right = np.where(y > 0, 0.3, 0.1)
    found = compare(
        spec,
        table,
        Answers("2", "d" * 12, right, 0.2),
        Answers("1", "d" * 12, right, 0.4),
    )
    test = found.others[-1]
    assert found.primary.difference == 0.0
    assert (test.name, test.candidate, test.champion) == ("McNemar", 1.0, 0.5)


def test_bundle_without_a_rule_answers_nothing() -> None:
    """A classifier's bundle that lost its threshold cannot be compared."""
    spec = find("bankchurn")
    model = linear_model(len(spec.features.columns()), 0.0, sigmoid=True)
    broken = manifest(spec, "1", model).model_copy(
        update={"threshold": None, "encoding": RowEncoding(columns=())}
    )

    class Silent:
        def score(self, _: object) -> list[float]:
            return []

    with pytest.raises(BundleError, match="no threshold"):
        answers(Bundle(broken, {"model.onnx": model}), lambda _: Silent(), pd.DataFrame())
