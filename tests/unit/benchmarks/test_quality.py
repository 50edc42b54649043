"""The figures of the quality benchmark, and the tables that it makes models of."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.quality.figures import FLEET, PLAIN, gaps, summary
from benchmarks.quality.one_table import TARGET, Table, spec_of
from modelfleet.spec.model import Metric, Task


def test_ranks_and_gaps_by_hand() -> None:
    """The best side has rank 0, the worst 1; gaps are relative to the plain side's error."""
    runs = [{FLEET: 0.9, PLAIN: 1.0, "other": 1.2}, {FLEET: 1.8, PLAIN: 2.0, "other": 1.9}]
    assert gaps(runs) == pytest.approx({FLEET: -0.1, PLAIN: 0.0, "other": 0.075})
    found = summary([runs])
    ranks = {side: each["rank"] for side, each in found.items()}
    assert ranks == pytest.approx({FLEET: 0.0, "other": 0.75, PLAIN: 0.75})
    assert next(iter(found)) == FLEET


def test_a_table_is_lost_beyond_chance_only() -> None:
    """A gap that changes its sign with the seed is no loss, a steady one is."""
    steady = [{FLEET: 1.1, PLAIN: 1.0}, {FLEET: 1.11, PLAIN: 1.0}]
    unsteady = [{FLEET: 1.2, PLAIN: 1.0}, {FLEET: 0.9, PLAIN: 1.0}]
    assert summary([steady])[FLEET]["lost"] == 1
    assert summary([unsteady])[FLEET]["lost"] == 0


@pytest.mark.parametrize(
    ("target", "task", "metric"),
    [
        (np.linspace(1, 2, 40), Task.REGRESSION, Metric.RMSE),
        (np.resize([0.0, 1.0], 40), Task.BINARY, Metric.LOG_LOSS),
        (np.resize(np.array(["a", "b", "c"], dtype=object), 40), Task.MULTICLASS, Metric.LOG_LOSS),
    ],
)
def test_a_table_becomes_a_model(target: np.ndarray, task: Task, metric: Metric) -> None:
    """The task follows from the target, and every column is a feature that may be missing."""
    rows = pd.DataFrame({"column0": np.arange(40.0), "column1": ["x", None] * 20, TARGET: target})
    spec = spec_of(Table("made up", rows))
    assert (spec.task, spec.gate.primary) == (task, metric)
    assert spec.feature_names == ("column0", "column1")
    assert all(column.nullable for column in spec.features.columns())
