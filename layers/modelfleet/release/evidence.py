"""Gathers what both arms did in a window: captures, metrics, and outcomes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from heapq import nsmallest
from itertools import islice
from typing import Any, NamedTuple, Protocol

from modelfleet.captures.lake import read_captures
from modelfleet.captures.record import CapturedPrediction
from modelfleet.metrics.serving_metrics import ServingMetric
from modelfleet.outcomes.client_share import are_several, beyond_half, by_hash
from modelfleet.outcomes.reported import read_outcomes, reported
from modelfleet.release.judge import ArmEvidence, Evidence
from modelfleet.serving.answers import disagree, is_valid, score_of
from modelfleet.serving.tasks.by_task import ANSWERS
from modelfleet.spec.model import ModelSpec
from modelfleet.storage.object_store import ObjectStore

# Bounds memory and time; the arms are told apart on far fewer.
CAPTURES_MAXIMUM = 100_000
OUTCOMES_MAXIMUM = 2_000
_COUNTERS = (ServingMetric.REQUESTS, ServingMetric.ERRORS, ServingMetric.CHALLENGER_FAILURES)


class MetricReader(Protocol):
    """Reads back what predict functions measured."""

    def sums(
        self,
        model: str,
        versions: Sequence[str],
        metrics: Sequence[str],
        start: datetime,
        end: datetime,
    ) -> Mapping[str, Mapping[str, float]]:
        """Each metric's sum over a window, by version and metric; what is not there is absent."""
        ...


@dataclass
class _Arm:
    """One arm's captures as they are read; `answers` are those whose outcome is known, by id.

    `clients` says whose they are.
    """

    latencies_ms: dict[str, float] = field(default_factory=dict)
    scores: dict[str, float] = field(default_factory=dict)
    answers: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    clients: dict[str, str] = field(default_factory=dict)
    invalid: int = 0

    def add(
        self,
        spec: ModelSpec,
        capture: CapturedPrediction,
        output: Mapping[str, Any],
        *,
        known: bool,
    ) -> None:
        """Add what it made of a row, and whether what came of it is known."""
        score, name = score_of(output), capture.prediction_id
        if score is None or not is_valid(spec, output):
            self.invalid += 1
            return
        self.scores[name] = score
        if known:
            self.answers[name] = output
            self.clients[name] = capture.client


class _Losses(NamedTuple):
    """What an arm was off by, a value an outcome; `capped` leaves out one client's excess."""

    all: list[float]
    capped: list[float] | None = None


@dataclass
class _Seen:
    """The arms as they are read, and the rows that a shadow has scored too."""

    known: Mapping[str, str]
    callers: set[str] = field(default_factory=set)
    arms: dict[str, _Arm] = field(default_factory=lambda: defaultdict(_Arm))
    scored_by_both: int = 0
    disagreements: int = 0

    def add(self, spec: ModelSpec, capture: CapturedPrediction) -> None:
        """Add a prediction; the rows of one request share its latency, and a shadow has none."""
        arm, name = self.arms[capture.version], capture.prediction_id
        known = name in self.known
        self.callers.add(capture.client)
        arm.latencies_ms[capture.request_id] = capture.latency_ms
        arm.add(spec, capture, capture.output, known=known)
        if capture.shadow is not None:
            output = capture.shadow["output"]
            self.arms[capture.shadow["version"]].add(spec, capture, output, known=known)
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
    several = are_several(seen.callers)
    counts = metrics.sums(spec.name, versions, _COUNTERS, start, end)
    found = [
        _evidence(
            version,
            arms[version],
            counts.get(version, {}),
            _losses(spec, lake, arms[version], seen.known, several=several),
        )
        for version in versions
    ]
    return Evidence(
        champion=found[0],
        challenger=found[1] if len(found) > 1 else ArmEvidence(version=""),
        several_clients=several,
        scored_by_both=seen.scored_by_both,
        disagreements=seen.disagreements,
    )


def _evidence(version: str, arm: _Arm, counts: Mapping[str, float], lost: _Losses) -> ArmEvidence:
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
        losses=lost.all,
        capped=lost.capped,
    )


def _losses(
    spec: ModelSpec, lake: ObjectStore, arm: _Arm, known: Mapping[str, str], *, several: bool
) -> _Losses:
    """Measure what an arm was off by; where several call, also without what one has beyond half."""
    lost = _measured(spec, lake, arm, known, _some(arm.answers))
    excess = beyond_half(arm.clients) if several else frozenset()
    if not excess:
        return _Losses(list(lost.values()))
    kept = _some(name for name in arm.answers if name not in excess)
    missing = _measured(spec, lake, arm, known, [name for name in kept if name not in lost])
    return _Losses(list(lost.values()), [(lost | missing)[name] for name in kept])


def _some(names: Iterable[str]) -> list[str]:
    """As many as are read, drawn by a hash: who reports first has no more of them."""
    return nsmallest(OUTCOMES_MAXIMUM, names, key=by_hash)


def _measured(
    spec: ModelSpec,
    lake: ObjectStore,
    arm: _Arm,
    known: Mapping[str, str],
    names: Sequence[str],
) -> dict[str, float]:
    found = read_outcomes(lake, [known[name] for name in names])
    return {
        name: loss(spec, arm.answers[name], outcome.actual)
        for name, outcome in zip(names, found, strict=True)
    }


def loss(spec: ModelSpec, output: Mapping[str, Any], actual: float | str) -> float:
    """What a prediction was off by: squared for probabilities (Brier), absolute for a value."""
    return ANSWERS[spec.task].loss(output, actual)
