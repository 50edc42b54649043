"""Log lines and metrics as CloudWatch reads them."""

import dataclasses
import io
import json
import time
from typing import Any

import pytest

from modelfleet.adapters.prediction_log import PowertoolsTelemetry
from modelfleet.captures.record import read_capture
from modelfleet.metrics.embedded import read_measurements
from modelfleet.metrics.serving_metrics import COUNTED_FOR_THE_STAGE, ServingMetric
from modelfleet.registry.pointer import Variant
from modelfleet.serving.telemetry import AnsweredRequest, LoggedPrediction, is_captured
from modelfleet.settings import NAMESPACE
from modelfleet.spec.errors import BundleError, NotReadyError, ScoringError
from tests.captures import SEPARATORS

SECRET = "4111-1111"


class Written:
    """A telemetry with what it wrote."""

    def __init__(self, share: float = 1.0) -> None:
        self._stream = io.StringIO()
        self.telemetry = PowertoolsTelemetry("churn", NAMESPACE, share, self._stream)

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
    made = [LoggedPrediction(f"p{n}", {"Age": 42 + n}, {"label": 1}, n / 10) for n in range(count)]
    return AnsweredRequest("r1", "7", Variant.CHALLENGER, 1.23456, made, client="k1")


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
        "service": "predict",
        "model": "churn",
        "request_id": "r1",
        "client": "k1",
        "version": "7",
        "variant": "challenger",
        "latency_ms": 1.235,
        "prediction_id": "p0",
        "features": {"Age": 42},
        "output": {"label": 1},
    }
    assert (second["prediction_id"], second["features"]) == ("p1", {"Age": 43})


@pytest.mark.parametrize("text", [*SEPARATORS, "é", "\U0001f600"], ids=ascii)
def test_a_line_is_ascii_whatever_a_caller_sends(text: str) -> None:
    """Every line is one line to every reader, and says what the caller sent."""
    stream, value = io.StringIO(), f"a{text}b"
    telemetry = PowertoolsTelemetry("churn", NAMESPACE, stream=stream)
    made = LoggedPrediction("p", {"Plan": value, value: 1}, {"class": value}, 0.5)
    telemetry.answered(AnsweredRequest("r1", "7", Variant.CHAMPION, 1.0, [made]))
    telemetry.released(value, None)
    telemetry.failed("r1", ValueError(value))
    assert stream.getvalue().isascii()
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert len(lines) == 5
    assert (lines[0]["features"], lines[0]["output"]) == (
        {"Plan": value, value: 1},
        {"class": value},
    )


def test_a_request_is_measured_once(written: Written) -> None:
    """One line carries exactly the dimensions that alarms name, with and without the version."""
    written.telemetry.answered(answered(3))
    (line,) = written.metrics
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == NAMESPACE
    assert directive["Dimensions"] == [["model", "version"], ["model"]]
    assert (line["model"], line["version"]) == ("churn", "7")
    units = {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]}
    assert units == dict.fromkeys(units, "Count") | {"latency_ms": "Milliseconds", "score": "None"}
    assert {name: line[name] for name in units} == {
        "requests": 1,
        "predictions": 3,
        "batch_size": 3,
        "latency_ms": 1.23456,
        "score": [0.0, 0.1, 0.2],
        "errors": 0,
        "cold_starts": 1,
    }


def test_the_first_request_of_a_process_is_a_cold_start(written: Written) -> None:
    """Of the requests that a process answers, one counts."""
    for _ in range(3):
        written.telemetry.answered(answered())
    assert [line[ServingMetric.COLD_STARTS] for line in written.metrics] == [1, 0, 0]


def test_hits_of_a_cache_are_counted_where_there_is_one(written: Written) -> None:
    """Without a cache there is no such metric, with one it is there even at zero."""
    written.telemetry.answered(answered())
    written.telemetry.answered(dataclasses.replace(answered(), cache_hits=0))
    assert [line.get(ServingMetric.CACHE_HITS) for line in written.metrics] == [None, 0]


def test_measurements_are_what_powertools_would_write(written: Written) -> None:
    """A line in a prepared frame has the time of its own request and parses as measurements."""
    written.telemetry.answered(answered())
    written.telemetry.answered(answered(2))
    first, second = written.metrics
    assert first["_aws"]["Timestamp"] <= second["_aws"]["Timestamp"]
    assert abs(time.time() * 1000 - second["_aws"]["Timestamp"]) < 60_000
    found = read_measurements(second)
    by_version, by_model = {"model": "churn", "version": "7"}, {"model": "churn"}
    asked = [m for m in found if m.name == "predictions"]
    assert [m.dimensions for m in asked] == [by_version, by_model]
    scores = [m.values for m in found if m.name == "score"]
    assert scores == [(0.0, 0.1)] * 2


def test_guesses_are_told_from_predictions(written: Written) -> None:
    """The average of ones and zeros is the share of guesses; a regression has no such metric."""
    made = [
        LoggedPrediction(f"p{n}", {}, {}, 0.5, low_confidence=low)
        for n, low in enumerate((True, False, False, True))
    ]
    written.telemetry.answered(dataclasses.replace(answered(), predictions=made))
    written.telemetry.answered(answered())
    guessed, regression = written.metrics
    assert guessed[ServingMetric.LOW_CONFIDENCE] == [1, 0, 0, 1]
    assert ServingMetric.LOW_CONFIDENCE not in regression


@pytest.mark.parametrize(
    ("count", "measured"), [(0, 0), (1, 1), (100, 100), (101, 51), (1000, 100)]
)
def test_a_metric_never_holds_more_scores_than_the_format_allows(
    written: Written, count: int, measured: int
) -> None:
    """Of a large batch, scores at even distances stand for all."""
    written.telemetry.answered(answered(count))
    assert len(written.metrics[0][ServingMetric.SCORE]) == measured


def test_a_line_is_what_the_lake_reads(written: Written) -> None:
    """A prediction's line is a whole capture, whatever else it says."""
    written.telemetry.answered(answered())
    capture = read_capture(written.lines[0])
    assert (capture.prediction_id, capture.model, capture.variant) == ("p0", "churn", "challenger")


def test_a_share_of_the_predictions_is_kept() -> None:
    """Which are kept follows from their identities; all are measured."""
    written, again = Written(0.5), Written(0.5)
    for each in (written, again):
        each.telemetry.answered(answered(1000))
    kept = [line["prediction_id"] for line in written.lines]
    assert kept == [line["prediction_id"] for line in again.lines]
    assert kept == [f"p{n}" for n in range(1000) if is_captured(f"p{n}", 0.5)]
    assert 450 < len(kept) < 550
    assert written.metrics[0][ServingMetric.PREDICTIONS] == 1000


def test_nothing_is_kept_where_the_model_wants_nothing() -> None:
    """With a share of zero there are measurements and no lines."""
    written = Written(0.0)
    written.telemetry.answered(answered(100))
    assert written.lines == []
    assert len(written.metrics) == 1


def test_lines_name_the_trace_where_there_is_one(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    """X-Ray's trace is found from a prediction, without what else its header says."""
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3f;Parent=53995c3f;Sampled=1")
    written.telemetry.answered(answered())
    assert written.lines[0]["xray_trace_id"] == "1-5759e988-bd862e3f"


def test_a_service_name_adds_no_dimension(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the environment tells Powertools does not change what alarms look at."""
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "predict")
    written.telemetry.answered(answered())
    (directive,) = written.metrics[0]["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["model", "version"], ["model"]]


def test_a_failure_names_its_place_and_not_its_text(written: Written) -> None:
    """An error's text may quote a caller's values: the line has its class and its frames."""
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        written.telemetry.failed("r1", error)
    (line,) = written.lines
    assert (line["level"], line["request_id"], line["error"]) == ("ERROR", "r1", "ValueError")
    assert "test_prediction_log.py" in line["frames"][0]
    assert SECRET not in json.dumps(line)
    assert written.metrics[0][ServingMetric.ERRORS] == 1


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (NotReadyError(), ServingMetric.NOT_READY_ERRORS),
        (ScoringError(), ServingMetric.SCORING_ERRORS),
        (BundleError(), ServingMetric.SCORING_ERRORS),
        (ValueError(), ServingMetric.UNEXPECTED_ERRORS),
    ],
)
def test_failures_are_counted_by_kind(
    written: Written, error: Exception, kind: ServingMetric
) -> None:
    """A failure counts once among all errors and once among its kind."""
    written.telemetry.failed("r1", error)
    directive, *of_stage = written.metrics[0]["_aws"]["CloudWatchMetrics"]
    assert {m["Name"] for m in directive["Metrics"]} == {"requests", "errors", kind}
    assert bool(of_stage) is (kind in COUNTED_FOR_THE_STAGE)


def test_a_refusal_is_a_line_and_a_count(written: Written) -> None:
    """A 4xx answer is told by its status, and is no error of ours."""
    written.telemetry.rejected("r1", 422)
    assert (written.lines[0]["request_id"], written.lines[0]["status"]) == ("r1", 422)
    assert written.metrics[0][ServingMetric.REJECTIONS] == 1
    assert ServingMetric.ERRORS not in written.metrics[0]


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
    assert written.metrics[0][ServingMetric.REFRESH_FAILURES] == 1
    found = read_measurements(written.metrics[0])
    assert [set(each.dimensions) for each in found] == [{"model", "version"}, {"model"}, set()]
    assert SECRET not in json.dumps(written.lines)
