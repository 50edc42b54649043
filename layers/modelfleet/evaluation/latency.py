"""How long one row takes in the runtime that serves."""

import time
from statistics import median

import pandas as pd

from modelfleet.evaluation.scorer import Scorer
from modelfleet.tables.encode import as_rows
from modelfleet.tables.encoding import RowEncoding

_WARM_UPS = 10
_REPEATS = 101


def latency_ms(scorer: Scorer, encoding: RowEncoding, rows: pd.DataFrame) -> float:
    """The median time of scoring one encoded row, in milliseconds.

    A median, because a busy machine makes some calls slow and none fast.
    """
    row = encoding.encode(as_rows(rows.head(1), encoding.names))
    for _ in range(_WARM_UPS):
        scorer.score(row)
    return median(_timed(scorer, row) for _ in range(_REPEATS)) * 1e3


def _timed(scorer: Scorer, row: list[list[float]]) -> float:
    start = time.perf_counter()
    scorer.score(row)
    return time.perf_counter() - start
