"""What tests of captures share: log events as CloudWatch delivers them, and sinks that remember."""

import base64
import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from modelfleet.captures.delivery import Captured
from modelfleet.captures.record import CapturedPrediction
from modelfleet.captures.refusal import CapturedRefusal
from modelfleet.metrics.embedded import Measurement

PLATFORM_LINE = "START RequestId: 2f4ab4c7 Version: 7"
# All that some reader of text takes for the end of a line or of a text: controls of the two
# ranges, delete, and Unicode's separators of lines and paragraphs.
SEPARATORS = tuple(map(chr, (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)))


def prediction_line(prediction_id: str, **changes: object) -> str:
    """A prediction's line as the predict function writes it."""
    entry = {
        "level": "INFO",
        "message": "prediction",
        "timestamp": "2026-01-31T23:59:59.500+00:00",
        "model": "churn",
        "request_id": "r1",
        "version": "7",
        "variant": "champion",
        "latency_ms": 1.5,
        "prediction_id": prediction_id,
        "features": {"Age": 42},
        "output": {"probability": 0.25},
    }
    return json.dumps(entry | changes)


def metrics_line(**values: object) -> str:
    """An embedded measurement of every value, each with both dimensions."""
    directive = {
        "Namespace": "modelfleet",
        "Dimensions": [["model", "version"]],
        "Metrics": [{"Name": name, "Unit": "Count"} for name in values],
    }
    header = {"Timestamp": 1_769_904_000_000, "CloudWatchMetrics": [directive]}
    return json.dumps({"_aws": header, "model": "churn", "version": "7"} | values)


def delivered(*messages: str, kind: str = "DATA_MESSAGE") -> dict[str, Any]:
    """The event of a subscription filter, as the CloudWatch Logs user guide shows it."""
    delivery = {
        "messageType": kind,
        "owner": "0" * 12,
        "logGroup": "/aws/lambda/modelfleet-test-predict-churn",
        "logStream": "2026/01/31/[7]0123456789abcdef",
        "subscriptionFilters": ["modelfleet-test-captures"],
        "logEvents": [
            {"id": str(number), "timestamp": 1_769_904_000_000, "message": message}
            for number, message in enumerate(messages)
        ],
    }
    data = base64.b64encode(gzip.compress(json.dumps(delivery).encode())).decode()
    return {"awslogs": {"data": data}}


@dataclass
class RecordedCaptures:
    """A `CaptureSink` that keeps what it is given, or raises."""

    captures: list[CapturedPrediction] = field(default_factory=list)
    refusals: list[CapturedRefusal] = field(default_factory=list)
    failure: Exception | None = None

    def put(self, captures: Sequence[Captured]) -> None:
        """Keep them."""
        if self.failure is not None:
            raise self.failure
        self.captures += [each for each in captures if isinstance(each, CapturedPrediction)]
        self.refusals += [each for each in captures if isinstance(each, CapturedRefusal)]


@dataclass
class RecordedMetrics:
    """A `MetricSink` that keeps what it is given."""

    measurements: list[Measurement] = field(default_factory=list)

    def put(self, measurements: Sequence[Measurement]) -> None:
        """Keep them."""
        self.measurements += measurements
