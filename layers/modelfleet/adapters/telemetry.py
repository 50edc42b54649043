"""Structured log lines and embedded metrics through AWS Lambda Powertools."""

import json
import logging
import sys
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import IO, Any

from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import (
    AmazonCloudWatchEMFProvider,
)

from modelfleet.domain.telemetry import (
    NO_VERSION,
    PREDICTION_MESSAGE,
    AnsweredRequest,
    Dimension,
    ServingMetric,
)


class PowertoolsTelemetry:
    """A `ServingTelemetry` that writes JSON lines.

    Parameters
    ----------
    model
        The model's name, in every line and every metric.
    namespace
        Of the metrics.
    stream
        Where the lines go; CloudWatch takes what a function prints.
    """

    def __init__(self, model: str, namespace: str, stream: IO[str] | None = None) -> None:
        self._model = model
        self._namespace = namespace
        self._stream = stream or sys.stdout
        self._version = NO_VERSION
        self._formatter = LambdaPowertoolsFormatter(
            utc=True, use_rfc3339=True, location=None, serialize_stacktrace=False, model=model
        )
        self._logger = _logger(model, self._stream, self._formatter)

    def answered(self, request: AnsweredRequest) -> None:
        """Record a request's predictions; see `ServingTelemetry.answered`."""
        shared = self._shared(request)
        for prediction in request.predictions:
            shared["prediction_id"] = prediction.prediction_id
            shared["features"] = prediction.features
            shared["output"] = prediction.output
            self._stream.write(self._formatter.serialize(shared) + "\n")
        measured = {
            ServingMetric.PREDICTIONS: len(request.predictions),
            ServingMetric.LATENCY: request.latency_ms,
            ServingMetric.ERRORS: 0,
        }
        self._measure(request.version, measured)

    def _shared(self, request: AnsweredRequest) -> dict[str, Any]:
        """What the lines of one request have in common.

        They do not pass through the logger, which takes 40 microseconds a line to find out anew
        what is the same in all of them: four fifths of the time of a batch of 1,000.
        """
        return {
            "level": "INFO",
            "message": PREDICTION_MESSAGE,
            "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "model": self._model,
            "request_id": request.request_id,
            "version": request.version,
            "variant": request.variant,
            "latency_ms": round(request.latency_ms, 3),
        }

    def failed(self, request_id: str, error: Exception) -> None:
        """Record a request that could not be answered; see `ServingTelemetry.failed`."""
        self._logger.error("request failed", extra={"request_id": request_id} | _fault(error))
        self._measure(self._version, {ServingMetric.ERRORS: 1})

    def released(self, version: str, challenger: str | None) -> None:
        """Record which versions serve; see `ServingTelemetry.released`."""
        self._version = version
        self._logger.info("release loaded", extra={"version": version, "challenger": challenger})

    def refresh_failed(self, error: Exception) -> None:
        """Record that a release could not be followed; see `ServingTelemetry.refresh_failed`."""
        self._logger.warning("release not loaded", extra={"version": self._version} | _fault(error))
        self._measure(self._version, {ServingMetric.REFRESH_FAILURES: 1})

    def _measure(self, version: str, values: Mapping[ServingMetric, float]) -> None:
        # The service name would become a third dimension, and alarms name exactly two.
        metrics = AmazonCloudWatchEMFProvider(namespace=self._namespace, service="")
        metrics.add_dimension(Dimension.MODEL, self._model)
        metrics.add_dimension(Dimension.VERSION, version)
        for name, value in values.items():
            unit = MetricUnit.Milliseconds if name is ServingMetric.LATENCY else MetricUnit.Count
            metrics.add_metric(name, unit, value)
        line = json.dumps(metrics.serialize_metric_set(), separators=(",", ":"))
        self._stream.write(line + "\n")
        self._stream.flush()


def _logger(model: str, stream: IO[str], formatter: logging.Formatter) -> logging.Logger:
    """Make a logger outside the global tree: Lambda's root handler would print lines twice."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logger = logging.Logger(model, logging.INFO)
    logger.addHandler(handler)
    return logger


def _fault(error: Exception) -> dict[str, Any]:
    """Say what failed and where, without the error's text: it may quote a caller's values."""
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "error": type(error).__name__,
        "frames": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
