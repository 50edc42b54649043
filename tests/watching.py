"""What tests of watching share: a released version, its predictions, and a watcher in memory."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd

from modelfleet.adapters.object_store import memory_store
from modelfleet.captures.record import CapturedPrediction, write_capture
from modelfleet.captures.refusal import CapturedRefusal, RefusedValue, write_refusal
from modelfleet.catalogue import find
from modelfleet.drift.report import DriftReport
from modelfleet.drift.report_rows import ReportRows
from modelfleet.drift.run import DriftRunner
from modelfleet.drift.state import Decision
from modelfleet.drift.summaries.summary import Traffic
from modelfleet.registry.manifest import MANIFEST_FILE, PROFILE_FILE, BundleManifest, sha256
from modelfleet.serving.tasks.binary import classify
from modelfleet.settings import drift_namespace
from modelfleet.spec.errors import CallError
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
from modelfleet.training.profile import reference_profile
from tests.captures import RecordedMetrics
from tests.serving import put_bundle, put_pointer

SPEC = find("bankchurn")
NOW = datetime(2026, 1, 31, 2, tzinfo=UTC)
REFERENCE_ROWS = 2_000
_THRESHOLD = 0.3

Row = Mapping[str, Any]


def sampled(rows: int, seed: int) -> list[dict[str, Any]]:
    """Features as people send them."""
    table = import_module("models.bankchurn.sample").sample(rows, seed)
    names = SPEC.feature_names
    return [{name: row[name] for name in names} for row in table]


def scores(rows: Iterable[Row]) -> np.ndarray:
    """Probabilities that depend on the age alone."""
    ages = np.array([row["Age"] for row in rows], dtype=np.float64)
    answer: np.ndarray = 1 / (1 + np.exp(-(ages - 45) / 8))
    return answer


@dataclass
class Told:
    """Remembers decisions; cannot be reached so many times before."""

    decisions: list[Decision] = field(default_factory=list)
    refusals: int = 0

    def tell(self, decision: Decision) -> None:
        """Hear of a decision."""
        if self.refusals:
            self.refusals -= 1
            raise CallError("the bus is out of reach", transient=True)
        self.decisions.append(decision)


@dataclass
class KnownTraffic:
    """The traffic that is set; CloudWatch may be out of reach."""

    days: dict[date, Traffic] = field(default_factory=dict)
    reachable: bool = True

    def daily(
        self, models: Sequence[str], first: date, last: date
    ) -> Mapping[str, Mapping[date, Traffic]]:
        """See `TrafficReader.daily`."""
        if not self.reachable:
            raise CallError("CloudWatch is out of reach", transient=True)
        found = {day: each for day, each in self.days.items() if first <= day <= last}
        return dict.fromkeys(models, found)


@dataclass
class World:
    """Two buckets in memory, a clock that is set, and everybody who is told."""

    lake: ObjectStore = field(default_factory=memory_store)
    artifacts: ObjectStore = field(default_factory=memory_store)
    now: datetime = NOW
    told: Told = field(default_factory=Told)
    metrics: RecordedMetrics = field(default_factory=RecordedMetrics)
    drawn: list[ReportRows] = field(default_factory=list)
    traffic: KnownTraffic = field(default_factory=KnownTraffic)

    @property
    def watcher(self) -> DriftRunner:
        """What watching reaches this world through."""
        return DriftRunner(
            lake=self.lake,
            artifacts=self.artifacts,
            clock=lambda: self.now,
            draw=self._draw,
            tell=self.told.tell,
            metrics=self.metrics,
            namespace=drift_namespace("prod"),
            traffic=self.traffic,
        )

    def _draw(self, _title: str, _report: DriftReport, rows: ReportRows) -> bytes:
        self.drawn.append(rows)
        return b"<html>drawn</html>"

    def release(self, version: str, *, profile: bool = True) -> None:
        """Release a version whose profile is of generated rows, or one without a profile."""
        put_bundle(self.artifacts, SPEC, version)
        folder = keys.bundle(SPEC.name, version)
        manifest = BundleManifest.parse(self.artifacts.get(f"{folder}/{MANIFEST_FILE}").content)
        files = {name: digest for name, digest in manifest.files.items() if name != PROFILE_FILE}
        if profile:
            rows = sampled(REFERENCE_ROWS, seed=1)
            described = reference_profile(SPEC.features.columns(), pd.DataFrame(rows), scores(rows))
            content = described.model_dump_json().encode()
            self.artifacts.put(f"{folder}/{PROFILE_FILE}", content)
            files[PROFILE_FILE] = sha256(content)
        changed = manifest.model_copy(update={"files": files})
        self.artifacts.put(f"{folder}/{MANIFEST_FILE}", changed.model_dump_json().encode())
        put_pointer(self.artifacts, SPEC.name, version)

    def predict(self, rows: list[dict[str, Any]], version: str, hours: float = 1.0) -> None:
        """Let a version answer these rows, so many hours before now."""
        at = self.now - timedelta(hours=hours)
        lines = [
            write_capture(
                CapturedPrediction(
                    prediction_id=f"{at:%d%H%M%S}-{number}",
                    request_id="r",
                    timestamp=at,
                    model=SPEC.name,
                    version=version,
                    variant="champion",
                    latency_ms=1.0,
                    features=row,
                    output=classify(float(score), _THRESHOLD)._asdict(),
                )
            )
            for number, (row, score) in enumerate(zip(rows, scores(rows), strict=True))
        ]
        folder = keys.captures(SPEC.name, at.date().isoformat())
        self.lake.put(f"{folder}/{at:%H%M%S}.jsonl", "".join(lines).encode())

    def refuse(self, geography: str, rows: int, hours: float = 1.0) -> None:
        """Refuse so many requests with a country that the model does not list."""
        at = self.now - timedelta(hours=hours)
        values = (RefusedValue("Geography", geography, 1),)
        lines = [
            write_refusal(CapturedRefusal(f"{at:%d%H}-{number}", at, SPEC.name, "", values))
            for number in range(rows)
        ]
        folder = keys.refusals(SPEC.name, at.date().isoformat())
        self.lake.put(f"{folder}/{at:%H%M%S}.jsonl", "".join(lines).encode())

    def pass_day(self) -> None:
        """Let a day pass."""
        self.now += timedelta(days=1)
