"""How far a served model may be from its twin, which has not learned the held-out rows."""

from dataclasses import replace

import numpy as np
import pytest

from modelfleet.evaluation.closeness import closeness
from modelfleet.evaluation.limits import missed_limits
from modelfleet.spec.model import Gate, Metric
from modelfleet.statistics.results import Closeness
from tests.unit.evaluation.test_gate import FAULTLESS

GATE = Gate(primary=Metric.ROC_AUC, margin=0.01)
RNG = np.random.default_rng(3)
SIGNAL = RNG.normal(size=500)
CHANCE = 1.0 / (1.0 + np.exp(-SIGNAL))
BINARY = (RNG.random(500) < CHANCE).astype(np.float64)
PRICE = 100.0 + SIGNAL + RNG.normal(size=500)
CLASS = (SIGNAL > 0.0) * 1.0 + (RNG.random(500) < 0.3)
SHARES = RNG.dirichlet([2.0, 1.0, 1.0], 500)
CASES = [
    pytest.param(BINARY, CHANCE, BINARY, id="binary"),
    pytest.param(PRICE, 100.0 + SIGNAL, PRICE, id="regression"),
    pytest.param(CLASS, SHARES, np.eye(3)[CLASS.astype(int)], id="multiclass"),
]
Values = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


def faults(found: Closeness) -> list[str]:
    """What the gate says of an otherwise faultless candidate."""
    return [*missed_limits(GATE, None, replace(FAULTLESS, closeness=found))]


@pytest.mark.parametrize(("y", "judged", "learned"), CASES)
@pytest.mark.parametrize("by", [0.0, 0.3, 1.0])
def test_learned_rows_are_allowed(y: Values, judged: Values, learned: Values, by: float) -> None:
    """However much of each row a model learns by heart, it is close enough."""
    assert faults(closeness(y, judged, judged + by * (learned - judged))) == []


@pytest.mark.parametrize(("y", "judged", "learned"), CASES)
def test_other_changes_are_not(y: Values, judged: Values, learned: Values) -> None:
    """A model that moves away from the outcomes, or is no number, is not the one judged."""
    away = judged - 0.5 * (learned - judged)
    assert "on rows that it learned" in " ".join(faults(closeness(y, judged, away)))
    far = judged + 2.5 * (learned - judged)
    assert "differ from the judged one" in faults(closeness(y, judged, far))[0]
    assert len(faults(closeness(y, judged, np.full_like(judged, np.nan)))) == 2


def test_an_error_of_nothing_allows_for_rounding() -> None:
    """Where the judged model is exact, the last digits of the served one do not block it."""
    assert faults(closeness(PRICE, PRICE, PRICE + 1e-6)) == []
