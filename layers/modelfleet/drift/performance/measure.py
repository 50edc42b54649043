"""Measures realized and expected performance over a window."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from modelfleet.captures.window import Window
from modelfleet.drift.performance.answers import Answers, Judged, WindowAnswers, read_answers
from modelfleet.drift.performance.report import (
    DayPerformance,
    PerformanceReport,
    VersionPerformance,
)
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.tasks.by_task import STATISTICS
from modelfleet.storage.object_store import ObjectStore


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
    return performance_of(spec, read_answers(spec, lake, window=window, now=now))


def performance_of(spec: ModelSpec, read: WindowAnswers) -> PerformanceReport:
    """Measure performance on answers that have been read."""
    versions, capped = read.by_version(), read.capped
    return PerformanceReport(
        model=spec.name,
        start=read.window.start,
        end=read.window.end,
        made_at=read.read_at,
        days=tuple(
            DayPerformance(day=day, **_measured(spec, version, answers, read.actual))
            for (day, version), answers in sorted(read.seen.items(), key=lambda each: each[0])
        ),
        versions=tuple(
            VersionPerformance(**_measured(spec, version, answers, read.actual))
            for version, answers in versions.items()
        ),
        capped=tuple(
            VersionPerformance(**_measured(spec, version, answers, capped))
            for version, answers in versions.items()
            if read.excess
        ),
        left_out=len(read.excess),
        unmatched=read.unmatched,
        note=STATISTICS[spec.task].not_expected,
    )


def _measured(
    spec: ModelSpec, version: str, answers: Answers, actual: Mapping[str, float | str]
) -> dict[str, Any]:
    judged = Judged.of(spec, answers, actual)
    scores, ends, rows = judged.scores, judged.ends, judged.labelled
    wanted, statistics = spec.metrics, STATISTICS[spec.task]
    return {
        "version": version,
        "predictions": len(scores),
        "labels": rows.size,
        "labels_share": rows.size / len(scores),
        "realised": statistics.realised(judged.y, scores[rows], ends[rows], wanted)
        if rows.size
        else {},
        "expected": statistics.expected(scores, ends, wanted),
    }
