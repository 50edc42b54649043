"""`fleet performance`: realized and expected metrics, as a table and as JSON."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from typer.testing import CliRunner

from cli.app import app
from cli.cloud import Cloud
from modelfleet.adapters.object_store import memory_store
from modelfleet.captures.record import CapturedPrediction, write_capture
from modelfleet.catalogue import find
from modelfleet.outcomes.report import Feedback
from modelfleet.resource_names import Output
from modelfleet.serving.tasks.binary import classify
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
from tests.serving import put_bundle

SPEC = find("bankchurn")


@dataclass
class Buckets:
    """A stage with two buckets in memory."""

    lake: ObjectStore = field(default_factory=memory_store)
    artifacts: ObjectStore = field(default_factory=memory_store)

    def store(self, bucket: Output) -> ObjectStore:
        """One of the buckets."""
        return self.lake if bucket is Output.LAKE_BUCKET else self.artifacts


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Buckets:
    """Version 1 has predicted 300 rows, wrongly in half of the cases."""
    cloud = Buckets()
    monkeypatch.setattr(Cloud, "connect", lambda *_: cloud)
    put_bundle(cloud.artifacts, SPEC, "1")
    at = datetime.now(UTC) - timedelta(hours=1)
    rng = np.random.default_rng(1)
    lines = []
    for name in map(str, range(300)):
        capture = CapturedPrediction(
            prediction_id=name,
            request_id="r",
            timestamp=at,
            model=SPEC.name,
            version="1",
            variant="champion",
            latency_ms=1.0,
            features={},
            output=classify(float(rng.random()), 0.5)._asdict(),
        )
        lines.append(write_capture(capture))
        if int(name) < 200:
            actual = float(rng.integers(0, 2))
            outcome = Feedback(
                prediction_id=name,
                model=SPEC.name,
                actual=actual,
                received_at=at,
                request_id="r",
            )
            key = keys.feedback(SPEC.name, at.date().isoformat(), name)
            cloud.lake.put(key, outcome.model_dump_json().encode())
    folder = keys.captures(SPEC.name, at.date().isoformat())
    cloud.lake.put(f"{folder}/1.jsonl", "".join(lines).encode())
    return cloud


def typed(*arguments: str) -> str:
    """Run a command that must succeed."""
    asked = ["performance", SPEC.name, *arguments]
    return CliRunner().invoke(app, asked, catch_exceptions=False).stdout


def test_the_table_has_realized_and_expected_values(cloud: Buckets) -> None:
    """It has the share of outcomes, both values with intervals, and the finding."""
    text = typed()
    assert "200 of 300 (67%)" in text
    (auc,) = [line for line in text.splitlines() if "roc_auc" in line and "\t" in line]
    assert auc.count(" to ") == 2
    assert "realized ROC AUC: significantly worse than allowed" in text


def test_a_few_outcomes_are_no_performance(cloud: Buckets) -> None:
    """A metric of one row is 0 or 1, and says nothing."""
    whole, cloud.lake = cloud.lake, memory_store()
    reported = [key for key in whole.keys("") if key.startswith(keys.FEEDBACK)]
    for key in {*whole.keys("")} - {*reported[1:]}:
        cloud.lake.put(key, whole.get(key).content)
    lines = [line.split("\t") for line in typed().splitlines() if "1 of 300" in line]
    assert {line[4] for line in lines} <= {"too few outcomes", "-"}
    assert "too few outcomes" in {line[4] for line in lines}


def test_json_has_the_report_and_the_findings(cloud: Buckets) -> None:
    """Each finding has a status and the measured values."""
    told = json.loads(typed("--json"))
    assert told["days"][0]["labels"] == 200
    assert told["findings"][0]["status"] == "degraded"


def test_a_version_without_a_bundle_is_measured_but_not_judged(cloud: Buckets) -> None:
    """There is nothing to compare it with."""
    cloud.artifacts = memory_store()
    told = json.loads(typed("--json"))
    assert told["versions"][0]["labels"] == 200
    assert told["findings"] == []


def test_a_model_without_predictions(cloud: Buckets) -> None:
    """The table is empty."""
    cloud.lake = memory_store()
    assert "outcomes" in typed()
