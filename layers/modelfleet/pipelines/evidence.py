"""Gather what both arms of a release did in a window: captures, metrics, and outcomes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from modelfleet.domain import keys
from modelfleet.domain.captures import CapturedPrediction
from modelfleet.domain.feedback import read_feedback
from modelfleet.domain.ports import MetricReader, ObjectStore
from modelfleet.domain.spec import ModelSpec, Task
from modelfleet.domain.telemetry import ServingMetric
from modelfleet.pipelines.captures import read_captures
from modelfleet.pipelines.judge import ArmEvidence
from modelfleet.pipelines.valid_answers import is_valid, score_of

# Bounds memory and time; the arms are told apart on far fewer.
CAPTURES_MAXIMUM = 100_000
OUTCOMES_MAXIMUM = 2_000
_COUNTERS = (ServingMetric.REQUESTS, ServingMetric.ERRORS, ServingMetric.CHALLENGER_FAILURES)


@dataclass
class _Arm:
    """One arm's captures as they are read."""

    latencies_ms: dict[str, float] = field(default_factory=dict)
    scores: dict[str, float] = field(default_factory=dict)
    invalid: int = 0

    def add(self, spec: ModelSpec, capture: CapturedPrediction) -> None:
        """Add a prediction; the rows of one request share its latency."""
        self.latencies_ms[capture.request_id] = capture.latency_ms
        score = score_of(capture.output)
        if score is None or not is_valid(spec, capture.output):
            self.invalid += 1
        else:
            self.scores[capture.prediction_id] = score


def gather(
    spec: ModelSpec,
    versions: Sequence[str],
    start: datetime,
    end: datetime,
    lake: ObjectStore,
    metrics: MetricReader,
) -> list[ArmEvidence]:
    """Read what some versions did from `start` to before `end`, in the order of the versions.

    Errors leave no capture, so they come from the metrics: a version's own, and the requests that
    its champion answered instead of it.
    """
    arms: dict[str, _Arm] = defaultdict(_Arm)
    for capture in islice(read_captures(lake, spec.name, start, end), CAPTURES_MAXIMUM):
        if capture.version in versions:
            arms[capture.version].add(spec, capture)
    losses = _losses(spec, lake, [arms[version] for version in versions])
    counts = metrics.sums(spec.name, versions, _COUNTERS, start, end)
    return [
        _evidence(version, arms[version], lost, counts.get(version, {}))
        for version, lost in zip(versions, losses, strict=True)
    ]


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


def _losses(spec: ModelSpec, lake: ObjectStore, arms: Sequence[_Arm]) -> list[list[float]]:
    prefix = keys.feedback(spec.name, "").removesuffix(".json")
    known = {
        key.removeprefix(prefix).removesuffix(".json"): key
        for key in lake.keys(keys.feedback_folder(spec.name))
    }
    return [
        [
            loss(spec, score, read_feedback(lake.get(known[name]).content).actual)
            for name, score in islice(_with_outcome(arm, known), OUTCOMES_MAXIMUM)
        ]
        for arm in arms
    ]


def _with_outcome(arm: _Arm, known: Mapping[str, str]) -> Iterable[tuple[str, float]]:
    return ((name, score) for name, score in arm.scores.items() if name in known)


def loss(spec: ModelSpec, score: float, actual: float) -> float:
    """What a prediction was off by: squared for a probability (Brier), absolute for a value."""
    return (score - actual) ** 2 if spec.task is Task.BINARY else abs(score - actual)
