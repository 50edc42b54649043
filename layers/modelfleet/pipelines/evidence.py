"""Gather what both arms of a release did in a window: captures, metrics, and outcomes."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from modelfleet.domain.captures import CapturedPrediction
from modelfleet.domain.ports import MetricReader, ObjectStore
from modelfleet.domain.spec import ModelSpec, Task
from modelfleet.domain.telemetry import ServingMetric
from modelfleet.pipelines.captures import read_captures
from modelfleet.pipelines.judge import ArmEvidence, Evidence
from modelfleet.pipelines.reported_outcomes import read_outcomes, reported
from modelfleet.pipelines.valid_answers import disagree, is_valid, score_of

# Bounds memory and time; the arms are told apart on far fewer.
CAPTURES_MAXIMUM = 100_000
OUTCOMES_MAXIMUM = 2_000
_COUNTERS = (ServingMetric.REQUESTS, ServingMetric.ERRORS, ServingMetric.CHALLENGER_FAILURES)


@dataclass
class _Arm:
    """One arm's captures as they are read; `answers` are those whose outcome is known."""

    latencies_ms: dict[str, float] = field(default_factory=dict)
    scores: dict[str, float] = field(default_factory=dict)
    answers: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    invalid: int = 0

    def add(
        self, spec: ModelSpec, prediction_id: str, output: Mapping[str, Any], *, known: bool
    ) -> None:
        """Add what it made of a row, and whether what came of it is known."""
        score = score_of(output)
        if score is None or not is_valid(spec, output):
            self.invalid += 1
            return
        self.scores[prediction_id] = score
        if known and len(self.answers) < OUTCOMES_MAXIMUM:
            self.answers[prediction_id] = output


@dataclass
class _Seen:
    """The arms as they are read, and the rows that a shadow has scored too."""

    known: Mapping[str, str]
    arms: dict[str, _Arm] = field(default_factory=lambda: defaultdict(_Arm))
    scored_by_both: int = 0
    disagreements: int = 0

    def add(self, spec: ModelSpec, capture: CapturedPrediction) -> None:
        """Add a prediction; the rows of one request share its latency, and a shadow has none."""
        arm, name = self.arms[capture.version], capture.prediction_id
        known = name in self.known
        arm.latencies_ms[capture.request_id] = capture.latency_ms
        arm.add(spec, name, capture.output, known=known)
        if capture.shadow is not None:
            output = capture.shadow["output"]
            self.arms[capture.shadow["version"]].add(spec, name, output, known=known)
            self.scored_by_both += 1
            self.disagreements += disagree(output, capture.output)


def gather(
    spec: ModelSpec,
    versions: Sequence[str],
    start: datetime,
    end: datetime,
    lake: ObjectStore,
    metrics: MetricReader,
) -> Evidence:
    """Read what champion and challenger, in this order, did from `start` to before `end`.

    A challenger in shadow mode is told by what it made of the champion's rows; without a
    challenger, its side is empty.

    Errors leave no capture, so they come from the metrics: a version's own, and the requests that
    its champion answered instead of it.
    """
    seen = _Seen(reported(lake, spec.name, start, end))
    for capture in islice(read_captures(lake, spec.name, start, end), CAPTURES_MAXIMUM):
        if capture.version in versions:
            seen.add(spec, capture)
    arms = seen.arms
    losses = [_losses(spec, lake, arms[version], seen.known) for version in versions]
    counts = metrics.sums(spec.name, versions, _COUNTERS, start, end)
    found = [
        _evidence(version, arms[version], lost, counts.get(version, {}))
        for version, lost in zip(versions, losses, strict=True)
    ]
    return Evidence(
        champion=found[0],
        challenger=found[1] if len(found) > 1 else ArmEvidence(version=""),
        scored_by_both=seen.scored_by_both,
        disagreements=seen.disagreements,
    )


def _evidence(
    version: str, arm: _Arm, losses: Sequence[float], counts: Mapping[str, float]
) -> ArmEvidence:
    replaced = int(counts.get(ServingMetric.CHALLENGER_FAILURES, 0))
    errors = int(counts.get(ServingMetric.ERRORS, 0)) + replaced
    answered = max(len(arm.latencies_ms), int(counts.get(ServingMetric.REQUESTS, 0)))
    return ArmEvidence(
        version=version,
        requests=answered + replaced,
        errors=errors,
        invalid=arm.invalid,
        latencies_ms=list(arm.latencies_ms.values()),
        scores=list(arm.scores.values()),
        losses=losses,
    )


def _losses(spec: ModelSpec, lake: ObjectStore, arm: _Arm, known: Mapping[str, str]) -> list[float]:
    found = read_outcomes(lake, [known[name] for name in arm.answers])
    return [
        loss(spec, output, outcome.actual)
        for output, outcome in zip(arm.answers.values(), found, strict=True)
    ]


def loss(spec: ModelSpec, output: Mapping[str, Any], actual: float | str) -> float:
    """What a prediction was off by: squared for probabilities (Brier), absolute for a value."""
    if spec.classes:
        told: Mapping[str, float] = output["probabilities"]
        missed = float(actual not in told)
        return missed + sum((float(p) - float(name == actual)) ** 2 for name, p in told.items())
    off = (score_of(output) or 0.0) - float(actual)
    return off**2 if spec.task is Task.BINARY else abs(off)
