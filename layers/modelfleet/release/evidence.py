"""Gathers the evidence of both arms in a window: captures, metrics, and outcomes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from heapq import nsmallest
from typing import Any, NamedTuple, Protocol

from modelfleet.captures.lake import delivered_captures
from modelfleet.captures.record import CapturedPrediction
from modelfleet.metrics.serving_metrics import ServingMetric
from modelfleet.outcomes.client_share import ClientSample, are_several, beyond_half, by_hash
from modelfleet.outcomes.reported import ReportedOutcomes, reported
from modelfleet.release.judge import ArmEvidence, Evidence
from modelfleet.serving.answers import disagree, is_valid, score_of
from modelfleet.serving.tasks.by_task import ANSWERS
from modelfleet.spec.model import ModelSpec
from modelfleet.storage.object_store import ObjectStore

# Limits memory and time; far fewer are enough to compare the arms.
CAPTURES_MAXIMUM = 100_000
OUTCOMES_MAXIMUM = 2_000
_COUNTERS = (ServingMetric.REQUESTS, ServingMetric.ERRORS, ServingMetric.CHALLENGER_FAILURES)


class MetricReader(Protocol):
    """Reads the metrics of predict functions."""

    def sums(
        self,
        model: str,
        versions: Sequence[str],
        metrics: Sequence[str],
        start: datetime,
        end: datetime,
    ) -> Mapping[str, Mapping[str, float]]:
        """Return each metric's sum over a window, by version and metric; no value, no entry."""
        ...


@dataclass
class _Arm:
    """Captures of one arm.

    `answers` are the outputs whose outcome is known, and `clients` their clients, by prediction ID.
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
        """Add the arm's output for a row; `known` says whether its outcome was reported."""
        score, name = score_of(output), capture.prediction_id
        if score is None or not is_valid(spec, output):
            self.invalid += 1
            return
        self.scores[name] = score
        if known:
            self.answers[name] = output
            self.clients[name] = capture.client


class _Losses(NamedTuple):
    """Losses of an arm, one per outcome; `capped` excludes one client's excess over half."""

    all: list[float]
    capped: list[float] | None = None


@dataclass
class _Seen:
    """Captures read so far, by arm, with counts of the rows also scored by a shadow."""

    known: ReportedOutcomes
    callers: set[str] = field(default_factory=set)
    arms: dict[str, _Arm] = field(default_factory=lambda: defaultdict(_Arm))
    scored_by_both: int = 0
    disagreements: int = 0

    def add(self, spec: ModelSpec, capture: CapturedPrediction) -> None:
        """Add a capture; the rows of a request share its latency, and a shadow has no latency."""
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
    """Gather the evidence of champion and challenger, in this order, from `start` to before `end`.

    The evidence of a challenger in shadow mode is its output for the champion's rows. Without a
    challenger, its evidence is empty.

    Failed requests leave no capture, so errors are counted by the metrics: a version's own errors,
    and the requests that the champion answered in its place.

    More than `CAPTURES_MAXIMUM` predictions are sampled, thinning the most active clients first.
    """
    seen = _Seen(reported(lake, spec.name, start, end))
    for capture in _sampled(spec.name, versions, start, end, lake):
        seen.add(spec, capture)
    arms = seen.arms
    several = are_several(seen.callers)
    counts = metrics.sums(spec.name, versions, _COUNTERS, start, end)
    found = [
        _evidence(
            version,
            arms[version],
            counts.get(version, {}),
            _losses(spec, arms[version], seen.known, several=several),
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


def _sampled(
    model: str, versions: Sequence[str], start: datetime, end: datetime, lake: ObjectStore
) -> Iterable[CapturedPrediction]:
    sample = ClientSample[CapturedPrediction](CAPTURES_MAXIMUM)
    for capture in delivered_captures(lake, model, start, end):
        if capture.version in versions:
            # The features fill most of the memory, and nothing here reads them.
            sample.add(capture.client, capture.prediction_id, replace(capture, features={}))
    return sample


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


def _losses(spec: ModelSpec, arm: _Arm, known: ReportedOutcomes, *, several: bool) -> _Losses:
    """Compute an arm's losses; with several clients, also without one client's excess over half."""
    lost = _measured(spec, arm, known, _some(arm.answers))
    excess = beyond_half(arm.clients) if several else frozenset()
    if not excess:
        return _Losses(list(lost.values()))
    kept = _some(name for name in arm.answers if name not in excess)
    missing = _measured(spec, arm, known, [name for name in kept if name not in lost])
    return _Losses(list(lost.values()), [(lost | missing)[name] for name in kept])


def _some(names: Iterable[str]) -> list[str]:
    """Sample at most `OUTCOMES_MAXIMUM` by hash, so that reporting early gives no advantage."""
    return nsmallest(OUTCOMES_MAXIMUM, names, key=by_hash)


def _measured(
    spec: ModelSpec, arm: _Arm, known: ReportedOutcomes, names: Sequence[str]
) -> dict[str, float]:
    return {
        each.prediction_id: loss(spec, arm.answers[each.prediction_id], each.actual)
        for each in known.read(names)
    }


def loss(spec: ModelSpec, output: Mapping[str, Any], actual: float | str) -> float:
    """Return the loss of a prediction: Brier score for classes, absolute error for values."""
    return ANSWERS[spec.task].loss(output, actual)
