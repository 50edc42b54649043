"""How an exported model answers held-out rows, and what it goes by."""

import numpy as np
import pandas as pd
import pytest

from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.catalogue import find
from modelfleet.datasets.manifest import Side
from modelfleet.evaluation.holdout import HeldOut, held_out
from modelfleet.spec.model import ModelSpec
from modelfleet.tables.encode import as_rows
from tests.serving import encoding, linear_model
from tests.training import frame


def answered(spec: ModelSpec, rows: pd.DataFrame) -> HeldOut:
    """The rows as a model sees them that adds up its columns."""
    columns = spec.features.columns()
    scorer = OnnxScorer(linear_model(len(columns), 0.0, sigmoid=spec.name == "bankchurn"))
    return held_out(spec, scorer, encoding(spec), rows, seed=1)


@pytest.mark.parametrize(
    ("model", "measure"), [("bankchurn", "ROC AUC"), ("carvision", "mean absolute error")]
)
def test_every_row_is_scored_by_the_export(model: str, measure: str) -> None:
    """Predictions are the exported model's, row by row, and each column has its importance."""
    spec, rows = find(model), frame(model, Side.TEST)
    found = answered(spec, rows)
    known = encoding(spec)
    scorer = OnnxScorer(linear_model(len(known.names), 0.0, sigmoid=model == "bankchurn"))
    assert found.predicted == pytest.approx(scorer.score(known.encode(as_rows(rows, known.names))))
    assert np.array_equal(found.y, rows[spec.target.column].to_numpy(dtype=np.float64))
    assert {each.column for each in found.importance} == set(spec.features.model_fields)
    assert found.importance_measure == measure


def test_one_outcome_has_no_importance() -> None:
    """Where all rows have the same outcome, nothing can be lost, and nothing is claimed."""
    rows = frame("bankchurn", Side.TEST).assign(Exited=0.0)
    found = answered(find("bankchurn"), rows)
    assert found.importance == ()
    assert found.predicted.size == len(rows)
