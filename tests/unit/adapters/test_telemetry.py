"""Log lines and metrics as CloudWatch reads them."""

import io
import json
from typing import Any

import pytest

from modelfleet.adapters.telemetry import PowertoolsTelemetry
from modelfleet.domain.release import Variant
from modelfleet.domain.telemetry import AnsweredRequest, Dimension, LoggedPrediction, ServingMetric
from modelfleet.settings import NAMESPACE

SECRET = "4111-1111"


class Written:
    """A telemetry with what it wrote."""

    def __init__(self) -> None:
        self._stream = io.StringIO()
        self.telemetry = PowertoolsTelemetry("churn", NAMESPACE, self._stream)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The log lines."""
        return [line for line in self._parsed() if "_aws" not in line]

    @property
    def metrics(self) -> list[dict[str, Any]]:
        """The embedded metrics."""
        return [line for line in self._parsed() if "_aws" in line]

    def _parsed(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._stream.getvalue().splitlines()]


def answered(count: int = 1) -> AnsweredRequest:
    """A request with some predictions."""
    made = [LoggedPrediction(f"p{n}", {"Age": 42 + n}, {"label": 1}) for n in range(count)]
    return AnsweredRequest("r1", "7", Variant.CHALLENGER, 1.23456, made)


@pytest.fixture
def written() -> Written:
    """A telemetry with what it wrote."""
    return Written()


def test_each_prediction_is_one_line(written: Written) -> None:
    """A line says which request, version and arm made which prediction of what."""
    written.telemetry.answered(answered(2))
    first, second = written.lines
    assert first | {"timestamp": ""} == {
        "level": "INFO",
        "message": "prediction",
        "timestamp": "",
        "model": "churn",
        "request_id": "r1",
        "version": "7",
        "variant": "challenger",
        "latency_ms": 1.235,
        "prediction_id": "p0",
        "features": {"Age": 42},
        "output": {"label": 1},
    }
    assert (second["prediction_id"], second["features"]) == ("p1", {"Age": 43})


def test_a_request_is_measured_once(written: Written) -> None:
    """Metrics carry exactly the two dimensions that alarms name."""
    written.telemetry.answered(answered(3))
    (line,) = written.metrics
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == NAMESPACE
    assert directive["Dimensions"] == [[Dimension.MODEL, Dimension.VERSION]]
    assert (line["model"], line["version"]) == ("churn", "7")
    units = {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]}
    assert units == {"predictions": "Count", "latency_ms": "Milliseconds", "errors": "Count"}
    assert line[ServingMetric.PREDICTIONS] == [3.0]
    assert line[ServingMetric.LATENCY] == [1.23456]


def test_a_service_name_adds_no_dimension(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the environment tells Powertools does not change what alarms look at."""
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "predict")
    written.telemetry.answered(answered())
    (directive,) = written.metrics[0]["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [[Dimension.MODEL, Dimension.VERSION]]


def test_a_failure_names_its_place_and_not_its_text(written: Written) -> None:
    """An error's text may quote a caller's values: the line has its class and its frames."""
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        written.telemetry.failed("r1", error)
    (line,) = written.lines
    assert (line["level"], line["request_id"], line["error"]) == ("ERROR", "r1", "ValueError")
    assert "test_telemetry.py" in line["frames"][0]
    assert SECRET not in json.dumps(line)
    assert written.metrics[0][ServingMetric.ERRORS] == [1.0]


def test_failures_count_for_the_version_that_serves(written: Written) -> None:
    """Before a release the version is `none`, then it is the champion's."""
    written.telemetry.failed("r1", ValueError())
    written.telemetry.released("7", None)
    written.telemetry.failed("r2", ValueError())
    assert [line["version"] for line in written.metrics] == ["none", "7"]


def test_a_release_that_cannot_be_followed_is_told(written: Written) -> None:
    """The line warns, and a metric counts it."""
    written.telemetry.refresh_failed(ValueError(SECRET))
    assert written.lines[0]["level"] == "WARNING"
    assert written.metrics[0][ServingMetric.REFRESH_FAILURES] == [1.0]
    assert SECRET not in json.dumps(written.lines)
