"""Rows at the edge of what a model's schema allows: pipeline and export answer alike."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError

from modelfleet.adapters.onnx_export import OnnxExporter
from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.catalogue import find, names
from modelfleet.datasets.manifest import Side
from modelfleet.evaluation.scorer import Scorer
from modelfleet.spec.categories import Unseen
from modelfleet.spec.features import Column, ColumnKind
from modelfleet.spec.model import ModelSpec, Task
from modelfleet.training.candidates.folder import default_candidate
from modelfleet.training.export import TOLERANCE, export
from modelfleet.training.fit import FittedModel, fit
from modelfleet.training.train import SEED
from tests.fleet.beside import GRADED
from tests.training import frame

UNSEEN = "a category that nobody has seen"
Row = dict[str, Any]


class Trained:
    """The model's first candidate, fitted and exported as training does."""

    def __init__(self, model: str) -> None:
        self.spec: ModelSpec = find(model)
        pipeline = default_candidate(self.spec, SEED)[1]
        self.pipeline: FittedModel = fit(self.spec, pipeline, frame(model, Side.TRAIN), SEED)
        self.scorer: Scorer = OnnxScorer(export(self.pipeline, OnnxExporter()))

    def served(self, rows: list[Row]) -> NDArray[np.float64]:
        """What the bundle answers, as a predict function asks it."""
        return np.asarray(self.scorer.score(self.pipeline.encoding.encode(rows)))

    def alike(self, rows: list[Row]) -> Any:
        """What the pipeline answers, within the tolerance that the task has."""
        table = pd.DataFrame(rows)
        for column in self.spec.features.columns():
            kind = float if column.kind.is_numeric else object
            table[column.name] = table[column.name].astype(kind)
        answered = self.pipeline.predict(table)
        if self.spec.outcomes:
            return pytest.approx(answered, abs=TOLERANCE)
        return pytest.approx(answered, rel=TOLERANCE)


@pytest.fixture(scope="module", params=[*names(), GRADED])
def model(request: pytest.FixtureRequest) -> Trained:
    """Each model of the catalogue, trained once."""
    return Trained(request.param)


def missing(column: Column, value: Any) -> Any:
    """Nothing, where nothing may stand."""
    return None if column.nullable else value


def unseen(column: Column, value: Any) -> Any:
    """A category that neither training nor the schema knows."""
    return UNSEEN if column.kind is ColumnKind.CATEGORY else value


def lowest(column: Column, value: Any) -> Any:
    """The least that the schema allows."""
    return value if column.minimum is None else column.minimum


def highest(column: Column, value: Any) -> Any:
    """The most that the schema allows."""
    return value if column.maximum is None else column.maximum


def changed(spec: ModelSpec, *rules: Callable[[Column, Any], Any]) -> Row:
    """The model's example with every column changed by each rule in turn."""
    row = spec.features.example()
    for column in spec.features.columns():
        for rule in rules:
            row[column.name] = rule(column, row[column.name])
    return row


@pytest.mark.parametrize(
    "rules",
    [
        (missing,),
        (unseen,),
        (lowest,),
        (highest,),
        (lowest, missing),
        (highest, missing),
        (lowest, unseen, missing),
        (highest, unseen),
        (highest, unseen, missing),
    ],
    ids=lambda rules: " and ".join(rule.__name__ for rule in rules),
)
def test_unusual_rows_are_answered_alike(
    model: Trained, rules: tuple[Callable[[Column, Any], Any], ...]
) -> None:
    """All columns at once missing, unseen or extreme: one finite answer, and the pipeline's."""
    rows = [changed(model.spec, *rules)]
    served = model.served(rows)
    assert served == model.alike(rows)
    assert np.isfinite(served).all()
    assert model.spec.task is Task.REGRESSION or ((served >= 0.0) & (served <= 1.0)).all()


def test_each_gap_by_itself_is_answered_alike(model: Trained) -> None:
    """Whichever field is left out that may be, the answers agree."""
    example = model.spec.features.example()
    columns = model.spec.features.columns()
    gaps: list[Row] = [example | {column.name: None} for column in columns if column.nullable]
    rows = [example, *gaps]
    assert model.served(rows) == model.alike(rows)


def test_the_schema_lets_those_rows_in_that_it_should(model: Trained) -> None:
    """Gaps and extremes are valid requests; an unseen category is if the column scores it."""
    features = model.spec.features
    for rules in ((missing,), (lowest,), (highest,)):
        features.model_validate(changed(model.spec, *rules))
    for column in features.columns():
        if column.kind is ColumnKind.CATEGORY:
            row = features.example() | {column.name: UNSEEN}
            if column.unseen is Unseen.REFUSE:
                with pytest.raises(ValidationError) as raised:
                    features.model_validate(row)
                assert [fault["loc"] for fault in raised.value.errors()] == [(column.name,)]
            else:
                features.model_validate(row)
