"""Measures realized and expected performance over a window."""

from array import array
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelfleet.captures.lake import read_captures
from modelfleet.captures.record import CapturedPrediction
from modelfleet.captures.window import Window
from modelfleet.drift.performance.report import (
    DayPerformance,
    PerformanceReport,
    VersionPerformance,
)
from modelfleet.outcomes.client_share import are_several, beyond_half
from modelfleet.outcomes.reported import ReportedOutcomes, reported
from modelfleet.serving.answers import is_valid
from modelfleet.serving.tasks.by_task import ANSWERS
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.tasks.by_task import STATISTICS
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.target import class_indices

Values = NDArray[np.float64]


@dataclass
class _Answers:
    """Outputs of one version on one day, in the order of the lake.

    `scores` are probabilities or values, or for multiclass models arrays of one probability per
    class. `ends` are the ends of a value's interval, or the threshold twice for binary models.
    """

    ids: list[str] = field(default_factory=list)
    scores: "list[float | array[float]]" = field(default_factory=list)
    ends: list[tuple[float, float]] = field(default_factory=list)

    def add(self, spec: ModelSpec, capture: CapturedPrediction) -> None:
        """Add a valid output."""
        self.ids.append(capture.prediction_id)
        answers = ANSWERS[spec.task]
        self.scores.append(answers.predicted(capture.output, spec.classes))
        self.ends.append(answers.ends(capture.output))

    def extend(self, other: "_Answers") -> None:
        """Add another day's outputs."""
        self.ids += other.ids
        self.scores += other.scores
        self.ends += other.ends


def measure_performance(
    spec: ModelSpec, lake: ObjectStore, *, window: Window, now: datetime
) -> PerformanceReport:
    """Measure performance in a window, by day and version.

    An outcome counts on the day of its prediction, even if it was reported later. Duplicate
    predictions and repeated outcomes count once. Invalid outputs are ignored.

    Parameters
    ----------
    spec
        The model, with the metrics to measure.
    lake
        The bucket with predictions and outcomes.
    window
        Window of the predictions; their outcomes may have been reported later.
    now
        The time of the report.

    Raises
    ------
    DatasetError
        If an object among the outcomes is not a valid outcome.
    """
    known = reported(lake, spec.name, window.start, window.end, until=now)
    seen, clients, several = _answers(spec, lake, window, known)
    actual = {each.prediction_id: each.actual for each in known.read(clients)}
    excess = beyond_half(clients) if several else frozenset()
    capped = {name: value for name, value in actual.items() if name not in excess}
    versions = _by_version(seen)
    return PerformanceReport(
        model=spec.name,
        start=window.start,
        end=window.end,
        made_at=now,
        days=tuple(
            DayPerformance(day=day, **_measured(spec, version, answers, actual))
            for (day, version), answers in sorted(seen.items())
        ),
        versions=tuple(
            VersionPerformance(**_measured(spec, version, answers, actual))
            for version, answers in versions.items()
        ),
        capped=tuple(
            VersionPerformance(**_measured(spec, version, answers, capped))
            for version, answers in versions.items()
            if excess
        ),
        left_out=len(excess),
        unmatched=len(known) - len(actual),
        note=STATISTICS[spec.task].not_expected,
    )


def _answers(
    spec: ModelSpec, lake: ObjectStore, window: Window, known: ReportedOutcomes
) -> tuple[Mapping[tuple[date, str], _Answers], Mapping[str, str], bool]:
    """Read the valid outputs, the clients of those with outcomes, and whether there are several."""
    clients: dict[str, str] = {}
    callers: set[str] = set()
    seen: dict[tuple[date, str], _Answers] = defaultdict(_Answers)
    for capture in read_captures(lake, spec.name, window.start, window.end):
        if is_valid(spec, capture.output):
            day = capture.timestamp.astimezone(UTC).date()
            seen[day, capture.version].add(spec, capture)
            callers.add(capture.client)
            if capture.prediction_id in known:
                clients[capture.prediction_id] = capture.client
    return seen, clients, are_several(callers)


def _by_version(seen: Mapping[tuple[date, str], _Answers]) -> Mapping[str, _Answers]:
    whole: dict[str, _Answers] = defaultdict(_Answers)
    for (_, version), answers in sorted(seen.items()):
        whole[version].extend(answers)
    return whole


def _measured(
    spec: ModelSpec, version: str, answers: _Answers, actual: Mapping[str, float | str]
) -> dict[str, Any]:
    scores = np.array(answers.scores, dtype=np.float64)
    ends = np.array(answers.ends)
    labelled = [row for row, name in enumerate(answers.ids) if _is_known(spec, actual.get(name))]
    y = class_indices(spec, np.array([actual[answers.ids[row]] for row in labelled]))
    wanted, statistics = spec.metrics, STATISTICS[spec.task]
    return {
        "version": version,
        "predictions": len(scores),
        "labels": y.size,
        "labels_share": y.size / len(scores),
        "realised": statistics.realised(y, scores[labelled], ends[labelled], wanted)
        if labelled
        else {},
        "expected": statistics.expected(scores, ends, wanted),
    }


def _is_known(spec: ModelSpec, actual: float | str | None) -> bool:
    """Return whether an outcome is one of the model's current classes."""
    return actual is not None and (not spec.classes or actual in spec.classes)
