"""Export of a fitted model, and its parity with the fitted pipeline."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from modelfleet.evaluation.measure import predict
from modelfleet.evaluation.scorer import OpenScorer, Scorer
from modelfleet.spec.errors import ParityError
from modelfleet.spec.features import Column, ColumnKind
from modelfleet.statistics.calibration_map import Calibration
from modelfleet.statistics.results import Parity
from modelfleet.statistics.tasks.by_task import STATISTICS
from modelfleet.training.fit import FittedModel

Values = NDArray[np.float64]

TOLERANCE = 1e-4
_PROBED_ROWS = 100
_UNSEEN = "a category that training never saw"


class Exporter(Protocol):
    """Converter of the steps after the encoding to the bytes of a bundle's `model.onnx`."""

    def export(self, estimator: Any, columns: int, calibration: Calibration | None) -> bytes:
        """Convert a fitted scikit-learn pipeline over the encoded matrix, (n, columns)."""
        ...


@dataclass(frozen=True)
class Exported:
    """A fitted model and its export."""

    model: FittedModel
    content: bytes
    scorer: Scorer
    parity: Parity


@dataclass(frozen=True)
class Export:
    """Exports models, and compares each export with the fitted pipeline on held-out rows."""

    exporter: Exporter
    open_scorer: OpenScorer
    columns: tuple[Column, ...]
    held_out: pd.DataFrame

    def __call__(self, model: FittedModel) -> Exported:
        """Export a fitted model.

        Raises
        ------
        ParityError
            If a prediction differs from that of the fitted pipeline.
        """
        content = export(model, self.exporter)
        scorer = self.open_scorer(content)
        parity = measure_parity(model, scorer, self.columns, self.held_out)
        return Exported(model, content, scorer, parity)


def export(model: FittedModel, exporter: Exporter) -> bytes:
    """Convert a fitted model without its encoding and samplers, which act only during fit."""
    steps = [step for step in model.pipeline.steps[1:] if not hasattr(step[1], "fit_resample")]
    columns = len(model.encoding.columns)
    return exporter.export(Pipeline(steps), columns, model.calibration)


def measure_parity(
    model: FittedModel, scorer: Scorer, columns: tuple[Column, ...], held_out: pd.DataFrame
) -> Parity:
    """Compare the export with the fitted pipeline.

    The rows are the held-out rows and probes derived from them, in which each column in turn and
    all columns at once are missing, unseen, or at their bounds. Differences are absolute for
    probabilities (of all classes) and relative for values.

    Raises
    ------
    ParityError
        If the largest difference exceeds the tolerance.
    """
    names = [column.name for column in columns]
    frame = pd.concat(
        [held_out[names], *_probes(held_out[names].head(_PROBED_ROWS), columns)], ignore_index=True
    )
    fitted, exported = model.predict(frame), predict(scorer, model.encoding, frame)
    difference = STATISTICS[model.task].difference(fitted, exported)
    parity = Parity(
        rows=len(frame),
        # NaN compares as False with any tolerance, so it counts as an infinite difference.
        maximum_difference=float(np.nan_to_num(difference, nan=np.inf).max()),
        mean_difference=float(difference.mean()),
        tolerance=TOLERANCE,
    )
    if not parity.holds:
        raise ParityError(
            f"the export differs from the fitted pipeline by {parity.maximum_difference:.2e} "
            f"on one of {parity.rows:,} rows (tolerance {TOLERANCE:.0e}); it is not registered"
        )
    return parity


def _probes(rows: pd.DataFrame, columns: tuple[Column, ...]) -> list[pd.DataFrame]:
    """Return the rows with unusual values in each column in turn, and in all at once."""
    unusual = {column.name: _unusual(column) for column in columns}
    in_turn = [{name: value} for name, values in unusual.items() for value in values]
    at_once = zip_longest(*unusual.values(), fillvalue=None)
    together = [dict(zip(unusual, values, strict=True)) for values in at_once]
    return [_changed(rows, values) for values in (*in_turn, *together)]


def _changed(rows: pd.DataFrame, values: Mapping[str, Any]) -> pd.DataFrame:
    changed = rows.copy()
    for name, value in values.items():
        # No keyword argument: a column may be called `self`.
        changed[name] = pd.Series(value, index=rows.index, dtype=rows[name].dtype)
    return changed


def _unusual(column: Column) -> list[Any]:
    """Return unusual values, missing first, so that one probe has all columns missing."""
    if column.kind is ColumnKind.CATEGORY:
        return [None, _UNSEEN]
    if column.date is not None:
        return [None, *(end for end in (column.date.earliest, column.date.latest) if end)]
    return [np.nan, *(end for end in (column.minimum, column.maximum) if end is not None)]
