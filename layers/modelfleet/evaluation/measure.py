"""Metrics and latency of an exported model with its decision rule."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from modelfleet.evaluation.scorer import Scorer
from modelfleet.spec.features import GROUP
from modelfleet.spec.model import Metric, ModelSpec
from modelfleet.statistics.bootstrap import on_rows
from modelfleet.statistics.decision_rule import Rule
from modelfleet.statistics.tasks.by_task import STATISTICS
from modelfleet.tables.encode import as_rows
from modelfleet.tables.encoding import RowEncoding
from modelfleet.tables.fold_keys import group_keys
from modelfleet.tables.target import Values, outcomes

_WARM_UPS = 10
_REPEATS = 101
_BATCH, _BATCHES = 1_000, 9


@dataclass(frozen=True)
class Speed:
    """Rows scored per second of processor time in batches, and the median time of one row."""

    rows_per_second: float
    p50_ms: float


def speed(scorer: Scorer, encoding: RowEncoding, rows: pd.DataFrame) -> Speed:
    """Measure how fast encoded rows are scored on one core."""
    encoded = encoding.encode(as_rows(rows.head(_BATCH), encoding.names))
    matrix = np.resize(np.asarray(encoded, dtype=np.float32), (_BATCH, len(encoded[0])))
    # A matrix behaves like a sequence of sequences, although its type does not declare it.
    batch = cast("Sequence[Sequence[float]]", matrix)
    scorer.score(batch)
    seconds = median(_timed(scorer, batch) for _ in range(_BATCHES))
    return Speed(_BATCH / max(seconds, 1e-9), latency_ms(scorer, encoding, rows))


def latency_ms(scorer: Scorer, encoding: RowEncoding, rows: pd.DataFrame) -> float:
    """Measure the median time to score one encoded row, in milliseconds of processor time.

    Neither waiting for the processor nor single slow calls count.
    """
    row = encoding.encode(as_rows(rows.head(1), encoding.names))
    for _ in range(_WARM_UPS):
        scorer.score(row)
    return median(_timed(scorer, row) for _ in range(_REPEATS)) * 1e3


def _timed(scorer: Scorer, rows: Sequence[Sequence[float]]) -> float:
    # ONNX Runtime scores in the calling thread.
    start = time.thread_time()
    scorer.score(rows)
    return time.thread_time() - start


def predict(scorer: Scorer, encoding: RowEncoding, frame: pd.DataFrame) -> Values:
    """Score rows as the predict function does: encode dicts, then run the exported model."""
    rows = encoding.encode(as_rows(frame, encoding.names))
    return np.asarray(scorer.score(rows), dtype=np.float64)


def measure(
    spec: ModelSpec, scorer: Scorer, encoding: RowEncoding, rule: Rule, rows: pd.DataFrame
) -> dict[str, float]:
    """Compute the metrics that a spec declares on held-out rows with the target."""
    return measure_predicted(spec, outcomes(spec, rows), predict(scorer, encoding, rows), rule)


def measure_predicted(
    spec: ModelSpec, y: Values, predicted: Values, rule: Rule
) -> dict[str, float]:
    """Compute the metrics that a spec declares from outcomes and predictions.

    Both have shape (n,); class probabilities have shape (n, classes).

    Raises
    ------
    ValueError
        If all outcomes of a classifier are the same.
    """
    if spec.outcomes and np.unique(y).size < 2:  # noqa: PLR2004 -- two classes
        raise ValueError("all rows have the same outcome; a classifier needs at least two")
    measures = STATISTICS[spec.task].measures(y, predicted, rule)
    known = (metric for metric in spec.metrics if metric in measures)
    return {metric.value: on_rows(measures[metric], y.size) for metric in known}


def primary_metric(spec: ModelSpec, y: Values) -> Metric:
    """Return the gate's primary metric; the MAE in place of a MAPE, which zeros do not have."""
    primary = spec.gate.primary
    return Metric.MAE if primary is Metric.MAPE and (y == 0).any() else primary


def dependent_rows(spec: ModelSpec, rows: pd.DataFrame) -> NDArray[np.generic] | None:
    """Return the group of each row, shape (n,); `None` if rows are independent."""
    if spec.group is None or GROUP not in rows:
        return None
    return group_keys(rows, spec.feature_names)


def strata(spec: ModelSpec, y: Values) -> Values:
    """Return bootstrap strata: the outcomes if shares are kept, otherwise a single one."""
    return y if STATISTICS[spec.task].stratified else np.zeros_like(y)
