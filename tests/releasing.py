"""What tests of releases share: a machine in memory that runs the steps as the real one does."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from modelfleet.adapters.object_store import memory_store
from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.captures.record import CapturedPrediction, write_capture
from modelfleet.catalogue import find
from modelfleet.evaluation.gate import Decision, Verdict
from modelfleet.outcomes.report import Feedback
from modelfleet.registry.pointer import ReleasePointer
from modelfleet.release.history import ReleaseRecord
from modelfleet.retraining.state import Evaluated, Prepared, Registered, RetrainingState
from modelfleet.retraining.trial import TrialPlan
from modelfleet.serving.load import load
from modelfleet.serving.replay import ReplayAnswer, ReplayedRow, ReplayRequest, replay
from modelfleet.spec.model import ModelSpec
from modelfleet.spec.release_policy import ReleaseLimits, WithoutTraffic
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
from tests.serving import NOW, put_bundle, put_pointer

PLAN = TrialPlan(
    shares=(0.1, 0.5),
    wait_seconds=60,
    minimum_predictions=50,
    waits_maximum=1,
    without_traffic=WithoutTraffic.STOP,
    limits=ReleaseLimits(),
)


def answer(score: float) -> dict[str, Any]:
    """What a caller is told."""
    return {"probability": score, "label": int(score > 0.5)}


@dataclass
class Metrics:
    """A `MetricReader` of what it is told."""

    counts: dict[str, dict[str, float]] = field(default_factory=dict)

    def sums(
        self,
        model: str,  # noqa: ARG002  # the port's
        versions: Sequence[str],
        metrics: Sequence[str],  # noqa: ARG002  # the port's
        start: datetime,  # noqa: ARG002  # the port's
        end: datetime,  # noqa: ARG002  # the port's
    ) -> Mapping[str, Mapping[str, float]]:
        """What was told."""
        return {version: self.counts.get(version, {}) for version in versions}


@dataclass
class Fleet:
    """Buckets, metrics and a clock around one model with champion 1 and candidate 2."""

    spec: ModelSpec = field(default_factory=lambda: find("telecom"))
    store: ObjectStore = field(default_factory=memory_store)
    lake: ObjectStore = field(default_factory=memory_store)
    metrics: Metrics = field(default_factory=Metrics)
    now: datetime = NOW
    running: set[str] = field(default_factory=set)
    heard: list[ReleaseRecord] = field(default_factory=list)
    bias: float = 0.0
    on_row: Callable[[str, ReplayedRow], ReplayedRow] | None = None

    def __post_init__(self) -> None:
        """Register two versions and release the first."""
        put_bundle(self.store, self.spec, "1")
        put_bundle(self.store, self.spec, "2", self.bias)
        put_pointer(self.store, self.spec.name, "1")

    def clock(self) -> datetime:
        """The time, which goes on by a second each time it is asked for."""
        self.now += timedelta(seconds=1)
        return self.now

    def is_running(self, arn: str) -> bool:
        """Whether an execution runs."""
        return arn in self.running

    def announce(self, record: ReleaseRecord) -> None:
        """Hear of what happened."""
        self.heard.append(record)

    def pointer(self) -> ReleasePointer:
        """What is released."""
        return ReleasePointer.parse(self.store.get(keys.release_pointer(self.spec.name)).content)

    def records(self) -> list[ReleaseRecord]:
        """The history."""
        names = self.store.keys(keys.release_history(self.spec.name))
        return [ReleaseRecord.parse(self.store.get(name).content) for name in names]

    def ask(self, request: ReplayRequest) -> ReplayAnswer:
        """Answer rows as the predict function does, with what `on_row` makes of each."""
        answer = replay(
            self.spec,
            request,
            lambda version: load(self.store, self.spec, version, OnnxScorer),
        )
        if self.on_row is None:
            return answer
        rows = tuple(self.on_row(request.version, row) for row in answer.rows)
        return answer.model_copy(update={"rows": rows})

    def state(self, execution: str = "first", **changes: Any) -> RetrainingState:
        """The machine's data after `register`."""
        verdict = Verdict(decision=Decision.PROMOTE, reasons=("better by 0.02",))
        given: dict[str, Any] = {
            "prepared": Prepared(
                dataset_version="d1", rows={}, quarantined=0, code_version="code1"
            ),
            "evaluated": Evaluated(verdict=verdict, metrics={}),
            "registered": Registered(version="2"),
        }
        return RetrainingState(
            model=self.spec.name,
            execution=execution,
            execution_arn=f"arn:{execution}",
            **{**given, **changes},
        )

    def traffic(
        self,
        version: str,
        scores: Sequence[float],
        latency_ms: float = 3.0,
        shadow: Sequence[float] | None = None,
        clients: Sequence[str] = (),
    ) -> None:
        """Put predictions of a version into the lake, made now; version 2 may be its shadow.

        `clients` has a client for each; without it, nobody knows whose they are.
        """
        capture = CapturedPrediction(
            prediction_id="",
            request_id="",
            timestamp=self.now,
            model=self.spec.name,
            version=version,
            variant="champion",
            latency_ms=latency_ms,
            features={},
            output={},
        )
        lines = [
            write_capture(
                replace(
                    capture,
                    prediction_id=f"{version}-{number}",
                    request_id=f"{version}-{number}",
                    latency_ms=latency_ms + number % 7 / 10,
                    output=answer(score),
                    client=clients[number] if clients else "",
                    shadow={"version": "2", "output": answer(beside)} if shadow else None,
                )
            )
            for number, (score, beside) in enumerate(zip(scores, shadow or scores, strict=True))
        ]
        folder = keys.captures(self.spec.name, self.now.date().isoformat())
        self.lake.put(f"{folder}/{version}-{self.now:%H%M%S}", "".join(lines).encode())

    def outcome(self, prediction_id: str, actual: float) -> None:
        """Report what really happened."""
        feedback = Feedback(
            prediction_id=prediction_id,
            model=self.spec.name,
            actual=actual,
            received_at=self.now,
            request_id="r",
        )
        key = keys.feedback(self.spec.name, self.now.date().isoformat(), prediction_id)
        self.lake.put(key, feedback.model_dump_json().encode())
