"""Logs and metrics of requests for predictions."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from modelfleet.metrics.serving_metrics import ServingMetric
from modelfleet.spec.errors import BundleError, NotReadyError, ScoringError

if TYPE_CHECKING:
    # The captures function imports this module and must not load pydantic.
    from collections.abc import Mapping, Sequence

    from modelfleet.captures.refusal import CapturedRefusal
    from modelfleet.registry.pointer import Variant

_SPAN = 2**64
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class ServingTelemetry(Protocol):
    """Log and metrics of a predict function."""

    def answered(self, request: AnsweredRequest) -> None:
        """Record a request's predictions, one log line each."""
        ...

    def failed(self, request_id: str, error: Exception) -> None:
        """Record a request that failed with a 5xx status."""
        ...

    def rejected(self, request_id: str, status: int) -> None:
        """Record a request that was rejected with a 4xx status."""
        ...

    def refused(self, refusal: CapturedRefusal) -> None:
        """Record the category values by which rows of a request were refused."""
        ...

    def reported(self, *, corrected: bool) -> None:
        """Record a stored outcome, which may contradict the one that was stored before."""
        ...

    def shadow_failed(self, version: str, error: Exception) -> None:
        """Record that a challenger in shadow mode failed to score; the champion has responded."""
        ...

    def challenger_failed(self, version: str, error: Exception) -> None:
        """Record that a challenger failed a request, which the champion serves instead."""
        ...

    def released(self, version: str, challenger: str | None) -> None:
        """Record a change of the serving versions."""
        ...

    def refresh_failed(self, error: Exception) -> None:
        """Record that a release could not be loaded; the loaded one continues to serve."""
        ...


class ShadowPrediction(NamedTuple):
    """Output of a challenger in shadow mode for the same row, not shown to the caller."""

    version: str
    output: Mapping[str, Any]


class LoggedPrediction(NamedTuple):
    """Prediction for the log, without personal data.

    `sensitive` are the values that the log contains only in encrypted form, `features` the others.
    `score` is the probability, or the predicted value. `shadow` is set if a challenger runs in
    shadow mode. `low_confidence` is `None` for regression. `entity` is the keyed hash of the
    entity, and empty without one.
    """

    prediction_id: str
    features: Mapping[str, Any]
    output: Mapping[str, Any]
    score: float
    shadow: ShadowPrediction | None = None
    low_confidence: bool | None = None
    entity: str = ""
    sensitive: Mapping[str, Any] = _NOTHING


@dataclass(frozen=True, slots=True)
class AnsweredRequest:
    """A served request for one or more predictions.

    `cache_hits` is the number of cached predictions; `None` if the cache was not used. `client` is
    the ID of the API key, and `made_at` the time in the prediction IDs.
    """

    request_id: str
    version: str
    variant: Variant
    latency_ms: float
    predictions: Sequence[LoggedPrediction]
    cache_hits: int | None = None
    client: str = ""
    made_at: datetime = field(default_factory=lambda: datetime.now(UTC))


def is_captured(prediction_id: str, share: float) -> bool:
    """Return whether a prediction is captured; depends only on its ID, and is reproducible.

    Parameters
    ----------
    prediction_id
        ID of the prediction; if captured at one share, it is captured at every larger one.
    share
        Share of predictions to capture, in [0, 1].
    """
    if share >= 1.0:
        return True
    digest = hashlib.sha256(prediction_id.encode()).digest()
    return int.from_bytes(digest[:8], "big") / _SPAN < share


def error_metric(error: Exception) -> ServingMetric:
    """Return the counter for a kind of error."""
    if isinstance(error, NotReadyError):
        return ServingMetric.NOT_READY_ERRORS
    if isinstance(error, ScoringError | BundleError):
        return ServingMetric.SCORING_ERRORS
    return ServingMetric.UNEXPECTED_ERRORS
