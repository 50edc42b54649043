"""Measures the declared slices on predictions with reported outcomes."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from modelfleet.drift.performance.answers import Answers, Judged
from modelfleet.drift.segments.columns import grouped, sliced, small_name
from modelfleet.drift.segments.report import ProductionSlice
from modelfleet.evaluation.slices import Group
from modelfleet.registry.manifest import BundleManifest
from modelfleet.spec.features import Column
from modelfleet.spec.model import ModelSpec, Slices
from modelfleet.statistics.results import Estimate
from modelfleet.statistics.tasks.by_task import STATISTICS

_FEW_OF_AN_OUTCOME = "too few rows of one outcome"


def measure_slices(
    spec: ModelSpec, answers: Answers, judged: Judged, manifest: BundleManifest
) -> tuple[ProductionSlice, ...]:
    """Measure the slice metric on each declared slice; the estimator is that of performance.

    Parameters
    ----------
    spec
        The model.
    answers, judged
        The version's outputs with the columns of the slices, and their outcomes.
    manifest
        The version's manifest, with its slices on held-out rows.
    """
    declared = spec.slices
    if declared is None or not answers.ids:
        return ()
    held_out = {
        (each.column, each.group): each.estimate
        for each in (manifest.evaluation.slices if manifest.evaluation else ())
    }
    columns = {column.name: column for column in spec.features.columns()}
    has_outcome = np.zeros(len(answers.ids), dtype=np.bool_)
    has_outcome[judged.labelled] = True
    return tuple(
        _measured(spec, declared, columns[name], group, judged, held_out.get((name, group.name)))
        for name in sliced(spec)
        for group in _with_outcome(spec, columns[name], answers, has_outcome)
    )


def _with_outcome(
    spec: ModelSpec, column: Column, answers: Answers, has_outcome: NDArray[np.bool_]
) -> Iterator[Group]:
    for group in grouped(spec, column, answers.columns[column.name]):
        yield Group(group.column, group.name, group.rows[has_outcome])


def _measured(
    spec: ModelSpec,
    declared: Slices,
    column: Column,
    group: Group,
    judged: Judged,
    held_out: Estimate | None,
) -> ProductionSlice:
    rows = judged.labelled[group.rows]
    y, count = judged.y[group.rows], rows.size
    known = {"column": column.name, "group": group.name, "sensitive": column.sensitive}
    if count < declared.minimum_rows:
        note = f"fewer than {declared.minimum_rows} outcomes"
        if column.sensitive:
            known["group"] = small_name(column, group)
        return ProductionSlice(**known, rows=None if column.sensitive else count, note=note)
    statistics, metric = STATISTICS[spec.task], declared.metric
    if obstacle := statistics.obstacle(metric, y):
        note = _FEW_OF_AN_OUTCOME if column.sensitive else obstacle
        return ProductionSlice(**known, rows=count, note=note)
    estimate = statistics.realised(y, judged.scores[rows], judged.ends[rows], [metric]).get(metric)
    if estimate is None or estimate.too_few_rows:
        return ProductionSlice(**known, rows=count, note=f"{metric} is not defined on these rows")
    return ProductionSlice(**known, rows=count, estimate=estimate, held_out=held_out)
