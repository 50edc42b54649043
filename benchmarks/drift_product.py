"""modelfleet's side of the drift benchmark: a complete report, with all statistics."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from pyarrow import Array, parquet

from benchmarks import drift_rows
from benchmarks.drift_clock import clock
from modelfleet.captures.columns import Values, WindowColumns
from modelfleet.captures.window import Window
from modelfleet.drift.detect import detect_drift
from modelfleet.spec.model import Gate, Metric, ModelSpec, Target, Task
from modelfleet.statistics.drift.bins import Categories
from modelfleet.statistics.reference_profile import ReferenceProfile

_DAY = datetime(2026, 1, 31, tzinfo=UTC)


SPEC = ModelSpec(
    name="wide",
    title="Wide",
    description="The benchmark's model.",
    task=Task.BINARY,
    target=Target(column="target", description=""),
    features=drift_rows.features(),
    metrics=(Metric.ROC_AUC,),
    gate=Gate(primary=Metric.ROC_AUC, margin=0.01),
)


def report(folder: Path) -> int:
    """Read the columns and compare them with the profile."""
    names = SPEC.features.model_fields
    file = parquet.ParquetFile(folder / drift_rows.CURRENT)
    features = {name: _values(file.read([name])[name].combine_chunks()) for name in names}
    rows = file.metadata.num_rows
    # Predictions are compared like any column, in addition to the twenty.
    predictions = np.random.default_rng(8).beta(2, 5, rows)
    found = detect_drift(
        SPEC,
        version="1",
        profile=ReferenceProfile.parse((folder / drift_rows.PROFILE).read_bytes()),
        current=WindowColumns(rows, features, predictions),
        window=Window(start=_DAY, end=_DAY + timedelta(days=1)),
        made_at=_DAY,
    )
    return len(found.drifted)


def _values(column: Array) -> Values:
    if not str(column.type).endswith("string"):
        return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.float64)
    encoded = column.dictionary_encode()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return Categories(tuple(encoded.dictionary.to_pylist()), codes.astype(np.int32))


if __name__ == "__main__":
    clock(report)
