"""A small table shows by all of its rows whether there is something to learn."""

import numpy as np
import pandas as pd
import pytest

from modelfleet.evaluation.gate import SIGNAL_LEVEL, is_significant
from modelfleet.spec.features import Features, number
from modelfleet.spec.model import Gate, Metric, ModelSpec, Target, Task
from modelfleet.training.candidates import signal as module
from modelfleet.training.candidates.signal import signal

NOISE_TABLES, ROWS = 10, 80


class Columns(Features):
    """Three numbers."""

    a: float = number("A", minimum=-9, maximum=9, example=1)
    b: float = number("B", minimum=-9, maximum=9, example=1)
    c: float = number("C", minimum=-9, maximum=9, example=1)


def spec(task: Task, primary: Metric) -> ModelSpec:
    """A model of them."""
    return ModelSpec(
        name="small",
        title="Small",
        description="Small",
        task=task,
        target=Target(column="y", description="Y"),
        features=Columns,
        metrics=(primary,),
        gate=Gate(primary=primary, margin=0.1),
    )


SPECS = {
    "classes": spec(Task.BINARY, Metric.ROC_AUC),
    "amounts": spec(Task.REGRESSION, Metric.MAE),
}


def table(kind: str, effect: float, seed: int) -> pd.DataFrame:
    """Rows whose target follows from a, or from nothing."""
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame(rng.normal(size=(ROWS, 3)), columns=list("abc"))
    score = effect * rows["a"] + rng.normal(size=ROWS)
    rows["y"] = (score > 0).astype(float) if kind == "classes" else np.exp(score)
    return rows


def shows(kind: str, rows: pd.DataFrame) -> bool:
    """Whether the rows are better predicted than by guessing."""
    found = signal(SPECS[kind], rows, 1)
    assert found is not None
    return is_significant(found) and found.p_value < SIGNAL_LEVEL


@pytest.mark.parametrize("kind", list(SPECS))
def test_columns_that_predict_the_target(kind: str) -> None:
    """80 rows are enough for a clear effect."""
    assert shows(kind, table(kind, 1.5, 3))


@pytest.mark.parametrize("kind", list(SPECS))
def test_noise_is_rarely_taken_for_a_signal(kind: str) -> None:
    """At a rate of 3%, more than two of ten would be an accident of 3 in 1,000."""
    assert sum(shows(kind, table(kind, 0.0, seed)) for seed in range(NOISE_TABLES)) <= 2


def test_large_and_hopeless_tables_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fifth of many rows is enough, and a class in a single row has no folds."""
    rows = table("classes", 1.5, 3)
    alone = rows.assign(y=[1.0] + [0.0] * (ROWS - 1))
    assert signal(SPECS["classes"], alone, 1) is None
    monkeypatch.setattr(module, "MOST_ROWS", ROWS - 1)
    assert signal(SPECS["classes"], rows, 1) is None
