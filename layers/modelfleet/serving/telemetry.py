"""What serving logs and measures per request."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from modelfleet.metrics.serving_metrics import ServingMetric
from modelfleet.spec.errors import BundleError, NotReadyError, ScoringError

if TYPE_CHECKING:
    # What reads log lines starts often and small: it must not load pydantic for a name.
    from collections.abc import Mapping, Sequence

    from modelfleet.registry.pointer import Variant

_SPAN = 2**64


class ServingTelemetry(Protocol):
    """What a predict function tells of itself."""

    def answered(self, request: AnsweredRequest) -> None:
        """Record a request's predictions, one log line each."""
        ...

    def failed(self, request_id: str, error: Exception) -> None:
        """Record a request that could not be answered."""
        ...

    def rejected(self, request_id: str, status: int) -> None:
        """Record a request that was refused with a 4xx status."""
        ...

    def shadow_failed(self, version: str, error: Exception) -> None:
        """Record that a challenger in shadow mode could not score; its champion has answered."""
        ...

    def challenger_failed(self, version: str, error: Exception) -> None:
        """Record that a challenger could not answer its request; its champion answers instead."""
        ...

    def released(self, version: str, challenger: str | None) -> None:
        """Record which versions serve from now on."""
        ...

    def refresh_failed(self, error: Exception) -> None:
        """Record that a release could not be followed; what was loaded before goes on serving."""
        ...


class ShadowPrediction(NamedTuple):
    """What the challenger would have answered for the same row, had anybody been shown it."""

    version: str
    output: Mapping[str, Any]


class LoggedPrediction(NamedTuple):
    """One prediction as it may be logged: `features` holds no personal data.

    `score` is the probability, or the predicted value. `shadow` is there where a challenger runs in
    shadow mode. `low_confidence` is `None` where confidence means nothing.
    """

    prediction_id: str
    features: Mapping[str, Any]
    output: Mapping[str, Any]
    score: float
    shadow: ShadowPrediction | None = None
    low_confidence: bool | None = None


@dataclass(frozen=True, slots=True)
class AnsweredRequest:
    """A request for one prediction or many, after it was answered.

    `cache_hits` are the predictions that were remembered, `None` where nothing is. `client` is
    whose API key asked, by the key's id, and `made_at` the moment that the predictions' ids say.
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
    """Whether a prediction is kept, decided by its identity alone, so that anybody can repeat it.

    Parameters
    ----------
    prediction_id
        Its identity; a prediction kept at one share is kept at every larger one.
    share
        The part to keep, in [0, 1].
    """
    if share >= 1.0:
        return True
    digest = hashlib.sha256(prediction_id.encode()).digest()
    return int.from_bytes(digest[:8], "big") / _SPAN < share


def error_metric(error: Exception) -> ServingMetric:
    """The counter of an error's kind."""
    if isinstance(error, NotReadyError):
        return ServingMetric.NOT_READY_ERRORS
    if isinstance(error, ScoringError | BundleError):
        return ServingMetric.SCORING_ERRORS
    return ServingMetric.UNEXPECTED_ERRORS
