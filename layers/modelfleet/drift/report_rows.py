"""Samples rows of both sides of a comparison for drawing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelfleet.captures.columns import WindowColumns, watched
from modelfleet.datasets.store import DatasetStore
from modelfleet.registry.manifest import BundleManifest
from modelfleet.spec.features import Column
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.drift.bins import Categories
from modelfleet.storage.object_store import ObjectStore

# What Evidently draws in seconds; its cost grows with rows and columns.
ROWS = 1_000
_SEED = 0


@dataclass(frozen=True)
class ReportRows:
    """Some rows of training and of a window, column by column; `None` or NaN for missing."""

    columns: tuple[Column, ...]
    reference: Mapping[str, Sequence[Any]]
    current: Mapping[str, Sequence[Any]]


def report_rows(
    spec: ModelSpec, lake: ObjectStore, manifest: BundleManifest, current: WindowColumns
) -> ReportRows:
    """Take at most `ROWS` of each side; the same ones whenever it is asked again.

    Parameters
    ----------
    spec
        The model.
    lake
        The bucket with the data set version that the model was trained on.
    manifest
        Of the version that is compared.
    current
        The window.

    Raises
    ------
    ObjectNotFoundError
        If the data set version is not there any more.
    """
    names = set(manifest.encoding.names)
    columns = tuple(c for c in watched(spec.features.columns()) if c.name in names)
    rows = DatasetStore(spec, lake).rows(manifest.data.dataset_version).accepted
    chosen = [rows[int(number)] for number in _chosen(len(rows))]
    return ReportRows(
        columns=columns,
        reference={c.name: [row[c.name] for row in chosen] for c in columns},
        current={c.name: _taken(current.features[c.name], current.rows) for c in columns},
    )


def _chosen(rows: int) -> NDArray[np.int64]:
    return np.sort(np.random.default_rng(_SEED).permutation(rows)[:ROWS])


def _taken(column: NDArray[np.float64] | Categories, rows: int) -> Sequence[Any]:
    chosen = _chosen(rows)
    if not isinstance(column, Categories):
        found: list[float] = column[chosen].tolist()
        return found
    return [column.names[code] if code >= 0 else None for code in column.codes[chosen].tolist()]
