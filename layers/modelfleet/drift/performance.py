"""Measures realized and expected performance over a window."""

from array import array
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelfleet.captures.lake import read_captures
from modelfleet.captures.record import CapturedPrediction
from modelfleet.captures.window import Window
from modelfleet.drift.performance_report import (
    DayPerformance,
    PerformanceReport,
    VersionPerformance,
)
from modelfleet.outcomes.client_share import are_several, beyond_half
from modelfleet.outcomes.reported import read_outcomes, reported
from modelfleet.serving.answers import is_valid
from modelfleet.serving.tasks.by_task import ANSWERS
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.tasks.by_task import STATISTICS
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.target import class_indices

Values = NDArray[np.float64]


@dataclass
class _Answers:
    """What one version answered on one day, in the order of the lake.

    `scores` are a probability or a value each, of more than two classes a probability of each.
    `ends` are of a decision's threshold, twice, or of a value's interval; classes have none.
    """

    ids: list[str] = field(default_factory=list)
    scores: "list[float | array[float]]" = field(default_factory=list)
    ends: list[tuple[float, float]] = field(default_factory=list)

    def add(self, spec: ModelSpec, capture: CapturedPrediction) -> None:
        """Add a valid answer."""
        self.ids.append(capture.prediction_id)
        answers = ANSWERS[spec.task]
        self.scores.append(answers.predicted(capture.output, spec.classes))
        self.ends.append(answers.ends(capture.output))

    def extend(self, other: "_Answers") -> None:
        """Add another day's."""
        self.ids += other.ids
        self.scores += other.scores
        self.ends += other.ends


def measure_performance(
    spec: ModelSpec, lake: ObjectStore, *, window: Window, now: datetime
) -> PerformanceReport:
    """Measure a window's predictions by day and version, as far as their outcomes are known.

    An outcome counts on the day of its prediction, however late it comes, and once, however often
    it was reported; a prediction counts once, however often it lies in the lake. Answers that the
    model cannot mean are no predictions here.

    Parameters
    ----------
    spec
        The model; its metrics are measured.
    lake
        The bucket with predictions and outcomes.
    window
        Predictions made in it are looked at, whenever their outcome was reported.
    now
        When this is.

    Raises
    ------
    DatasetError
        If an object among the outcomes is none.
    """
    known = reported(lake, spec.name, window.start, window.end)
    seen, clients, several = _answers(spec, lake, window, known)
    outcomes = read_outcomes(lake, [known[name] for name in clients])
    actual = {each.prediction_id: each.actual for each in outcomes}
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
    spec: ModelSpec, lake: ObjectStore, window: Window, known: Collection[str]
) -> tuple[Mapping[tuple[date, str], _Answers], Mapping[str, str], bool]:
    """Read the valid answers; also whose those with an outcome are, and whether several called."""
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
    """Whether an outcome is one that the model knows today."""
    return actual is not None and (not spec.classes or actual in spec.classes)
