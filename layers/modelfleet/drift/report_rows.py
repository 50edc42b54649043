"""Samples reference and current rows for Evidently's report."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelfleet.captures.columns import WindowColumns, watched
from modelfleet.datasets.store import DatasetStore
from modelfleet.drift.report import RunFindings
from modelfleet.registry.manifest import BundleManifest
from modelfleet.spec.errors import ObjectNotFoundError
from modelfleet.spec.features import Column, ColumnKind, Input
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.drift.bins import Categories
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.date_parts import profiled_numbers
from modelfleet.tables.rows import Rows

# Evidently renders this many rows in seconds; its cost grows with rows and columns.
ROWS = 1_000
_SEED = 0

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ReportRows:
    """Sampled training rows and current rows, by column; `None` or NaN for missing values."""

    columns: tuple[Column, ...]
    reference: Mapping[str, Sequence[Any]]
    current: Mapping[str, Sequence[Any]]


def drawn_rows(
    spec: ModelSpec, run: RunFindings, current: WindowColumns, lake: ObjectStore
) -> ReportRows | None:
    """Sample the rows of Evidently's report; `None` if there is nothing to draw."""
    if not run.drift.columns:
        return None
    try:
        return report_rows(spec, lake, run.manifest, current)
    except ObjectNotFoundError:
        # Decisions only need the profile, and the training rows may have been deleted.
        _log.warning("%s: training rows no longer exist, Evidently report skipped", spec.name)
        return None


def report_rows(
    spec: ModelSpec, lake: ObjectStore, manifest: BundleManifest, current: WindowColumns
) -> ReportRows:
    """Sample at most `ROWS` rows of each side, reproducibly.

    Parameters
    ----------
    spec
        The model.
    lake
        The bucket with the data set version that the model was trained on.
    manifest
        Manifest of the compared version.
    current
        The window's predictions.

    Raises
    ------
    ObjectNotFoundError
        If the data set version no longer exists.
    """
    names = set(manifest.encoding.names)
    inputs = [
        each
        for each in watched(spec.features.columns())
        if each.source.name in names and each.column.kind is not ColumnKind.DATE
    ]
    rows = DatasetStore(spec, lake).rows(manifest.data.dataset_version).accepted
    chosen = rows.take(_chosen(len(rows)))
    return ReportRows(
        columns=tuple(each.column for each in inputs),
        reference={each.column.name: _reference(each, chosen) for each in inputs},
        current={
            each.column.name: _taken(current.features[each.column.name], current.rows)
            for each in inputs
        },
    )


def _reference(given: Input, rows: Rows) -> Sequence[Any]:
    values = rows.columns[given.source.name].to_list()
    return values if given.part is None else profiled_numbers(given, values).tolist()


def _chosen(rows: int) -> NDArray[np.int64]:
    return np.sort(np.random.default_rng(_SEED).permutation(rows)[:ROWS])


def _taken(column: NDArray[np.float64] | Categories, rows: int) -> Sequence[Any]:
    chosen = _chosen(rows)
    if not isinstance(column, Categories):
        found: list[float] = column[chosen].tolist()
        return found
    return [column.names[code] if code >= 0 else None for code in column.codes[chosen].tolist()]
