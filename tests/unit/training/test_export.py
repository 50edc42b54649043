"""Parity: what is compared, and what happens when the export answers differently."""

from collections.abc import Sequence

import numpy as np
import pytest

from modelfleet.adapters.onnx_export import OnnxExporter
from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.catalogue import find
from modelfleet.datasets.manifest import Side
from modelfleet.evaluation.scorer import Scorer
from modelfleet.spec.errors import ParityError
from modelfleet.training.candidates.folder import default_candidate
from modelfleet.training.export import export, measure_parity
from modelfleet.training.fit import FittedModel, fit
from tests.training import frame

SPEC = find("carvision")
COLUMNS = SPEC.features.columns()


@pytest.fixture(scope="module")
def model() -> FittedModel:
    """A fitted car price model."""
    return fit(SPEC, default_candidate(SPEC, 1)[1], frame("carvision", Side.TRAIN), 1)


@pytest.fixture(scope="module")
def scorer(model: FittedModel) -> OnnxScorer:
    """Its export."""
    return OnnxScorer(export(model, OnnxExporter()))


class Biased:
    """A scorer that is wrong on rows for which a condition holds."""

    def __init__(self, scorer: Scorer, column: int, value: float, factor: float) -> None:
        self._scorer, self._column, self._value, self._factor = scorer, column, value, factor

    def score(self, rows: Sequence[Sequence[float]]) -> list[float]:
        """Score rows; see `Scorer.score`."""
        wrong = np.isclose([row[self._column] for row in rows], self._value, equal_nan=True)
        factors = np.where(wrong, self._factor, 1.0)
        return [float(s) for s in np.array(self._scorer.score(rows)) * factors]


@pytest.mark.parametrize(
    ("column", "value"),
    [("odometer", float("nan")), ("odometer", 2_000_000.0), ("model_year", 1900.0)],
)
def test_a_fault_on_unusual_rows_alone_is_found(
    model: FittedModel, scorer: OnnxScorer, column: str, value: float
) -> None:
    """An export that errs only where a value is missing or extreme does not pass."""
    position = model.encoding.names.index(column)
    with pytest.raises(ParityError, match="it is not registered"):
        measure_parity(
            model,
            Biased(scorer, position, value, 1.01),
            COLUMNS,
            frame("carvision", Side.TEST).dropna().query("odometer < 1e6 and model_year > 1950"),
        )


class BiasedOnGaps:
    """A scorer that is wrong on rows in which two columns are missing together."""

    def __init__(self, scorer: Scorer, columns: Sequence[int]) -> None:
        self._scorer, self._columns = scorer, columns

    def score(self, rows: Sequence[Sequence[float]]) -> list[float]:
        """Score rows; see `Scorer.score`."""
        wrong = np.isnan(np.array(rows)[:, self._columns]).all(axis=1)
        return [float(s) for s in np.array(self._scorer.score(rows)) * np.where(wrong, 1.01, 1.0)]


def test_a_fault_on_gaps_that_meet_is_found(model: FittedModel, scorer: OnnxScorer) -> None:
    """An export that errs only where several columns are missing at once does not pass."""
    positions = [model.encoding.names.index(name) for name in ("odometer", "model_year")]
    whole = frame("carvision", Side.TEST).dropna(subset=["odometer", "model_year"])
    with pytest.raises(ParityError):
        measure_parity(model, BiasedOnGaps(scorer, positions), COLUMNS, whole)


def test_a_fault_on_unseen_categories_is_found(model: FittedModel, scorer: OnnxScorer) -> None:
    """An export that errs only on categories that training never saw does not pass."""
    position = model.encoding.names.index("model")
    unseen = model.encoding.columns[position].unseen_code
    biased = Biased(scorer, position, unseen, 0.9)
    with pytest.raises(ParityError):
        measure_parity(model, biased, COLUMNS, frame("carvision", Side.TEST))


def test_answers_that_are_no_numbers_do_not_pass(model: FittedModel, scorer: OnnxScorer) -> None:
    """NaN is on the right side of every comparison but this one."""
    biased = Biased(scorer, 0, 2011.0, float("nan"))
    with pytest.raises(ParityError):
        measure_parity(model, biased, COLUMNS, frame("carvision", Side.TEST))


def test_differences_of_values_are_relative(model: FittedModel, scorer: OnnxScorer) -> None:
    """A price that is off by a hundred-thousandth passes, whatever it is in dollars."""
    biased = Biased(scorer, 0, 2011.0, 1 + 1e-5)
    parity = measure_parity(model, biased, COLUMNS, frame("carvision", Side.TEST))
    assert parity.maximum_difference == pytest.approx(1e-5, rel=0.2)
    assert parity.holds
