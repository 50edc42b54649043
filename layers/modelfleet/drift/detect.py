"""Detects drift of a window's features and predictions from the reference profile."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple

import numpy as np
from scipy import stats

from modelfleet.captures.columns import Values, WindowColumns, watched
from modelfleet.captures.window import Window
from modelfleet.drift.measure import MeasuredColumn, measure_column
from modelfleet.drift.report import ColumnDrift, DriftReport, DriftStatus, Severity
from modelfleet.drift.severity import finding, worst
from modelfleet.spec.drift_policy import DriftPolicy
from modelfleet.spec.errors import DriftError
from modelfleet.spec.features import ColumnKind
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.drift.bins import reference_rows
from modelfleet.statistics.reference_profile import (
    CategoryProfile,
    NumberProfile,
    ReferenceProfile,
)

PREDICTION = "prediction"
LABEL = "answered class"
# For older profiles, which lack the number of predictions: of rows split 60/20/20, they profiled
# the first part, and the predictions on the second.
_PREDICTIONS_SHARE = 1 / 3
# Equal counts in this many free bins rule out chance: in a single bin, they occur about 1 in 30.
_LEAST_BINS = 6
_NAMED = 5
_WORST_FIRST = attrgetter("worst_first")


class _Compared(NamedTuple):
    """The arguments of `measure_column`."""

    name: str
    kind: ColumnKind
    profile: NumberProfile | CategoryProfile
    rows: int
    values: Values


def detect_drift(
    spec: ModelSpec,
    *,
    version: str,
    profile: ReferenceProfile | None,
    current: WindowColumns,
    window: Window,
    made_at: datetime,
) -> DriftReport:
    """Compare a window's predictions with the reference profile of the version that made them.

    The cost only depends on the number of current rows.

    Parameters
    ----------
    spec
        The model, with its drift policy.
    version
        The version that the profile belongs to.
    profile
        Profile of the version's training rows; `None` if its bundle has none.
    current
        The window's predictions.
    window
        The time window.
    made_at
        The time of the report.

    Returns
    -------
    DriftReport
        Columns are ordered worst first. With too little data, there are no columns and the status
        is `insufficient data`; if the window contains exactly the training rows, it is `fault`.

    Raises
    ------
    DriftError
        If a column's statistics cannot be computed.
    """
    report = DriftReport(
        model=spec.name,
        version=version,
        window=window,
        made_at=made_at,
        status=DriftStatus.INSUFFICIENT_DATA,
        reason="",
        reference_rows=profile.rows if profile else 0,
        current_rows=current.rows,
    )
    if profile is None:
        why = "its bundle has no reference profile to compare with; retrain it"
        return report.model_copy(update={"reason": f"version {version}: {why}"})
    if reason := _too_few(spec.drift, profile, current):
        return report.model_copy(update={"reason": reason})
    measured = [
        measure_column(*column, of_answers=False) for column in _features(spec, profile, current)
    ]
    measured += [
        measure_column(*column, of_answers=True) for column in _answers(spec, profile, current)
    ]
    if _the_very_same(profile, current, measured):
        reason = "the window contains exactly the rows that the model was trained on"
        return report.model_copy(update={"status": DriftStatus.FAULT, "reason": reason})
    return report.model_copy(update=_findings(spec, measured))


def _too_few(policy: DriftPolicy, profile: ReferenceProfile, current: WindowColumns) -> str:
    if current.rows < policy.current_rows:
        return f"{current.rows:,} of {policy.current_rows:,} required predictions in the window"
    if profile.rows < policy.reference_rows:
        return f"{profile.rows:,} of {policy.reference_rows:,} required rows in the reference"
    return ""


def _features(
    spec: ModelSpec, profile: ReferenceProfile, current: WindowColumns
) -> Iterator[_Compared]:
    """Yield each watched feature in the profile."""
    for source, column, _ in watched(spec.features.columns()):
        known = profile.columns.get(column.name)
        if known is None or source.name in spec.drift.unwatched:
            continue
        values = current.features.get(column.name)
        if values is None:
            raise DriftError(f"{spec.name}: the window has no column {column.name}")
        rows = reference_rows(known, profile.rows)
        yield _Compared(column.name, column.kind, known, rows, values)


def _answers(
    spec: ModelSpec, profile: ReferenceProfile, current: WindowColumns
) -> Iterator[_Compared]:
    """Yield the scores and, for multiclass models, the predicted classes."""
    rows = reference_rows(profile.prediction, round(profile.rows * _PREDICTIONS_SHARE))
    if rows < spec.drift.current_rows:
        return
    yield _Compared(PREDICTION, ColumnKind.NUMBER, profile.prediction, rows, current.predictions)
    if profile.label is not None and current.labels is not None:
        yield _Compared(LABEL, ColumnKind.CATEGORY, profile.label, rows, current.labels)


def _the_very_same(
    profile: ReferenceProfile, current: WindowColumns, measured: Sequence[MeasuredColumn]
) -> bool:
    """Whether all features have the reference's exact counts, in enough bins to rule out chance."""
    features = [column for column in measured if not column.of_answers]
    free = sum(int(np.count_nonzero(column.bins.reference)) - 1 for column in features)
    same_rows = profile.rows == current.rows and free >= _LEAST_BINS
    return same_rows and all(column.unmoved for column in features)


def _findings(spec: ModelSpec, measured: Sequence[MeasuredColumn]) -> dict[str, object]:
    """Judge all measurements, with p-values corrected for multiple testing."""
    if all(column.of_answers for column in measured):
        raise DriftError(
            f"{spec.name}: the reference profile contains none of the monitored features"
        )
    values = [m.p_value for column in measured for m in column.measurements]
    adjusted = iter(stats.false_discovery_control(values).tolist())
    judged = [_judged(spec.drift, column, adjusted) for column in measured]
    pairs = list(zip(measured, judged, strict=True))
    features = tuple(sorted((c for m, c in pairs if not m.of_answers), key=_WORST_FIRST))
    answers = {c.name: c for m, c in pairs if m.of_answers}
    share = sum(column.drifted for column in features) / len(features)
    status, reason = _answer(judged)
    return {
        "status": status,
        "reason": reason,
        "drifted_share": share,
        "data_set_drifted": share > spec.drift.data_set_share,
        "columns": features,
        "prediction": answers.get(PREDICTION),
        "label": answers.get(LABEL),
    }


def _judged(policy: DriftPolicy, column: MeasuredColumn, adjusted: Iterator[float]) -> ColumnDrift:
    findings = tuple(finding(policy, m, next(adjusted)) for m in column.measurements)
    return ColumnDrift(
        name=column.name,
        kind=column.kind,
        drifted=any(found.drifted for found in findings),
        severity=worst([found.severity for found in findings]),
        findings=findings,
        reference=column.reference,
        current=column.current,
    )


def _answer(judged: Sequence[ColumnDrift]) -> tuple[DriftStatus, str]:
    ordered = sorted(judged, key=_WORST_FIRST)
    if drifted := [column.name for column in ordered if column.drifted]:
        return DriftStatus.DRIFT, f"drifted: {_names(drifted)}"
    if near := [column.name for column in ordered if column.severity is not Severity.NONE]:
        return DriftStatus.WARNING, f"close to the threshold: {_names(near)}"
    return DriftStatus.NO_DRIFT, "no significant drift"


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
