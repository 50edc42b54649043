"""Evidently's side of the drift benchmark: its preset with PSI for every column."""

import warnings
from pathlib import Path

import pandas as pd
from evidently import Report
from evidently.presets import DataDriftPreset

from benchmarks import drift_rows
from benchmarks.drift_clock import clock


def report(folder: Path) -> int:
    """Read both tables and compare them."""
    warnings.simplefilter("ignore")
    current = pd.read_parquet(folder / drift_rows.CURRENT)
    reference = pd.read_parquet(folder / drift_rows.REFERENCE)
    snapshot = Report([DataDriftPreset(method="psi", threshold=0.2)]).run(current, reference)
    counted = next(
        metric for metric in snapshot.dict()["metrics"] if "DriftedColumnsCount" in str(metric)
    )
    return int(counted["value"]["count"])


if __name__ == "__main__":
    clock(report)
