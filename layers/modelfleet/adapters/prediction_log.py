"""Log lines and embedded metrics of the predict function."""

import json
import logging
import sys
import time
from collections.abc import Iterator, Sequence
from typing import IO, Any

from pydantic_core import to_json

from modelfleet.adapters.runtime import fault, json_formatter, metric_frame, trace_id
from modelfleet.captures.refusal import CapturedRefusal
from modelfleet.captures.sealed import SEALED, Sealer, Unsealed
from modelfleet.metrics.embedded import MARK
from modelfleet.metrics.serving_metrics import (
    COUNTED_FOR_THE_STAGE,
    DIMENSION_SETS,
    MEASURED_SCORES_MAXIMUM,
    NO_VERSION,
    PREDICTION_MESSAGE,
    REFUSAL_MESSAGE,
    Dimension,
    ServingMetric,
)
from modelfleet.serving.telemetry import (
    AnsweredRequest,
    LoggedPrediction,
    error_metric,
    is_captured,
)
from modelfleet.spec.errors import UnavailableError

SERVICE = "predict"

_Values = dict[ServingMetric, float | list[float]]


class PowertoolsTelemetry:
    """A `ServingTelemetry` that writes JSON lines.

    Parameters
    ----------
    model
        Name of the model, in every line and metric.
    namespace
        Namespace of the metrics.
    capture_share
        Share of predictions that are logged, in [0, 1]; metrics cover all predictions.
    sealer
        Encrypts sensitive values; needed if the model has sensitive columns.
    stream
        Output stream, standard output by default, which CloudWatch collects.
    """

    def __init__(
        self,
        model: str,
        namespace: str,
        capture_share: float = 1.0,
        stream: IO[str] | None = None,
        sealer: Sealer | None = None,
    ) -> None:
        self._model = model
        self._namespace = namespace
        self._capture_share = capture_share
        self._sealer = sealer
        self._stream = stream or sys.stdout
        self._version = NO_VERSION
        self._cold = True
        self._frames: dict[tuple[str, ...], dict[str, Any]] = {}
        self._formatter = json_formatter(SERVICE, _ascii_json, location=None, model=model)
        self._logger = _logger(model, self._stream, self._formatter)

    def answered(self, request: AnsweredRequest) -> None:
        """Record a request's predictions; see `ServingTelemetry.answered`."""
        count = len(request.predictions)
        values: _Values = {
            ServingMetric.REQUESTS: 1.0,
            ServingMetric.PREDICTIONS: count,
            ServingMetric.BATCH_SIZE: count,
            ServingMetric.LATENCY: request.latency_ms,
            ServingMetric.SCORE: [each.score for each in _spread(request.predictions)],
            ServingMetric.ERRORS: 0.0,
            ServingMetric.COLD_STARTS: float(self._cold),
        }
        if guesses := [
            float(each.low_confidence)
            for each in _spread(request.predictions)
            if each.low_confidence is not None
        ]:
            values[ServingMetric.LOW_CONFIDENCE] = guesses
        if request.cache_hits is not None:
            values[ServingMetric.CACHE_HITS] = request.cache_hits
        self._cold = False
        self._write([*self._lines(request), self._measured(request.version, values)])

    def _lines(self, request: AnsweredRequest) -> Iterator[str]:
        """Yield the lines of the captured predictions.

        They bypass the logger, which spends 40 microseconds per line on recomputing the shared
        keys: four fifths of the time of a batch of 1,000.
        """
        shared = self._formatter.serialize(self._shared(request)).removesuffix("}")
        captured = list(self._captured(request.predictions))
        for prediction, sealed in zip(captured, self._sealed(captured), strict=True):
            own = _ascii_json(_own(prediction)).removeprefix("{")
            # What is sealed is base 64, which needs no escaping.
            yield f'{shared},"{SEALED}":"{sealed}",{own}' if sealed else f"{shared},{own}"

    def _sealed(self, predictions: Sequence[LoggedPrediction]) -> Sequence[str]:
        """Return the sealed sensitive values of each prediction; empty if it has none."""
        if not predictions or not predictions[0].sensitive:
            return [""] * len(predictions)
        if self._sealer is None:
            raise UnavailableError("sensitive values cannot be logged without a key to seal them")
        rows = [Unsealed(each.prediction_id, each.sensitive) for each in predictions]
        return self._sealer.seal(self._model, rows)

    def _captured(self, predictions: Sequence[LoggedPrediction]) -> Iterator[LoggedPrediction]:
        share = self._capture_share
        return (each for each in predictions if is_captured(each.prediction_id, share))

    def _shared(self, request: AnsweredRequest) -> dict[str, Any]:
        """Return the keys that all lines of a request share."""
        shared = {
            "level": "INFO",
            "message": PREDICTION_MESSAGE,
            "timestamp": request.made_at.isoformat(timespec="milliseconds"),
            "service": SERVICE,
            "model": self._model,
            "request_id": request.request_id,
            "client": request.client,
            "version": request.version,
            "variant": request.variant,
            "latency_ms": round(request.latency_ms, 3),
        }
        trace = trace_id()
        return shared | {"xray_trace_id": trace} if trace else shared

    def failed(self, request_id: str, error: Exception) -> None:
        """Record a request that failed; see `ServingTelemetry.failed`."""
        self._logger.error("request failed", extra={"request_id": request_id} | fault(error))
        self._measure(ServingMetric.REQUESTS, ServingMetric.ERRORS, error_metric(error))

    def rejected(self, request_id: str, status: int) -> None:
        """Record a request that was rejected; see `ServingTelemetry.rejected`."""
        self._logger.info("request rejected", extra={"request_id": request_id, "status": status})
        self._measure(ServingMetric.REQUESTS, ServingMetric.REJECTIONS)

    def refused(self, refusal: CapturedRefusal) -> None:
        """Record refused category values; see `ServingTelemetry.refused`."""
        if not is_captured(refusal.request_id, self._capture_share):
            return
        entry = {
            "level": "INFO",
            "message": REFUSAL_MESSAGE,
            "timestamp": refusal.timestamp.isoformat(timespec="milliseconds"),
            "service": SERVICE,
            "model": self._model,
            "request_id": refusal.request_id,
            "client": refusal.client,
            "refused": [value._asdict() for value in refusal.values],
        }
        self._write([_ascii_json(entry)])

    def reported(self, *, corrected: bool) -> None:
        """Record a stored outcome; see `ServingTelemetry.reported`."""
        values: _Values = {
            ServingMetric.OUTCOMES: 1.0,
            ServingMetric.CORRECTIONS: float(corrected),
        }
        self._write([self._measured(self._version, values)])

    def released(self, version: str, challenger: str | None) -> None:
        """Record the versions that serve; see `ServingTelemetry.released`."""
        self._version = version
        self._logger.info("release loaded", extra={"version": version, "challenger": challenger})

    def shadow_failed(self, version: str, error: Exception) -> None:
        """Record that a shadow failed to score; see `ServingTelemetry.shadow_failed`."""
        self._challenger("shadow not scored", ServingMetric.SHADOW_FAILURES, version, error)

    def challenger_failed(self, version: str, error: Exception) -> None:
        """Record a fallback to the champion; see `ServingTelemetry.challenger_failed`."""
        self._challenger(
            "challenger did not answer", ServingMetric.CHALLENGER_FAILURES, version, error
        )

    def _challenger(
        self, text: str, counter: ServingMetric, version: str, error: Exception
    ) -> None:
        self._logger.warning(text, extra={"version": version} | fault(error))
        values: _Values = {counter: 1.0}
        self._write([self._measured(version, values)])

    def refresh_failed(self, error: Exception) -> None:
        """Record that a release could not be loaded; see `ServingTelemetry.refresh_failed`."""
        self._logger.warning("release not loaded", extra={"version": self._version} | fault(error))
        self._measure(ServingMetric.REFRESH_FAILURES)

    def _measure(self, *counters: ServingMetric) -> None:
        values: _Values = dict.fromkeys(counters, 1.0)
        self._write([self._measured(self._version, values)])

    def _measured(self, version: str, values: _Values) -> str:
        """Return a line of measurements, with the cached EMF frame of these metrics."""
        key = (version, *values)
        frame = self._frames.get(key)
        if frame is None:
            frame = self._frames[key] = self._frame(version, tuple(values))
        stamp = {"Timestamp": time.time_ns() // 1_000_000}
        return json.dumps(frame | values | {MARK: frame[MARK] | stamp}, separators=(",", ":"))

    def _frame(self, version: str, names: tuple[ServingMetric, ...]) -> dict[str, Any]:
        dimensions = {str(Dimension.MODEL): self._model, str(Dimension.VERSION): version}
        units = {str(name): _UNITS.get(name, "Count") for name in names}
        frame = metric_frame(self._namespace, dimensions, units)
        # Powertools supports one dimension set; a second line would cost money on every request.
        (directive,) = frame[MARK]["CloudWatchMetrics"]
        directive["Dimensions"] = [list(names) for names in DIMENSION_SETS]
        shared = [each for each in directive["Metrics"] if each["Name"] in COUNTED_FOR_THE_STAGE]
        if shared:
            of_stage = directive | {"Dimensions": [[]], "Metrics": shared}
            frame[MARK]["CloudWatchMetrics"].append(of_stage)
        return frame

    def _write(self, lines: Sequence[str]) -> None:
        # A single write per request: each write costs as much time as formatting a line.
        self._stream.write("\n".join(lines) + "\n")
        self._stream.flush()


_UNITS = {ServingMetric.LATENCY: "Milliseconds", ServingMetric.SCORE: "None"}


def _ascii_json(value: Any) -> str:
    """Serialize to ASCII JSON: log readers also split lines at U+0085, U+2028, and U+2029."""
    content = to_json(value, fallback=str)
    # Escaping is slower than plain serialization, and few lines need it.
    return (
        content if content.isascii() else to_json(value, ensure_ascii=True, fallback=str)
    ).decode()


def _own(prediction: LoggedPrediction) -> dict[str, Any]:
    """Return the keys specific to a prediction."""
    own = {
        "prediction_id": prediction.prediction_id,
        "features": prediction.features,
        "output": prediction.output,
    }
    if prediction.entity:
        own["entity"] = prediction.entity
    shadow = prediction.shadow
    if shadow is None:
        return own
    return own | {"shadow": {"version": shadow.version, "output": shadow.output}}


def _spread(predictions: Sequence[LoggedPrediction]) -> Sequence[LoggedPrediction]:
    """Return evenly spaced predictions, at most as many as an embedded metric can hold."""
    step = -(-len(predictions) // MEASURED_SCORES_MAXIMUM) or 1
    return predictions[::step]


def _logger(model: str, stream: IO[str], formatter: logging.Formatter) -> logging.Logger:
    """Return a logger outside the global tree, as Lambda's root handler would duplicate lines."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logger = logging.Logger(model, logging.INFO)
    logger.addHandler(handler)
    return logger
