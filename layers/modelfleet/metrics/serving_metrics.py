"""What is measured and logged of serving: each metric, dimension and log key is named here."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from modelfleet.spec.errors import BundleError, NotReadyError, ScoringError

if TYPE_CHECKING:
    # What reads log lines starts often and small: it must not load pydantic for a name.
    from collections.abc import Mapping, Sequence

    from modelfleet.registry.pointer import Variant

NO_VERSION = "none"
PREDICTION_MESSAGE = "prediction"
MEASURED_SCORES_MAXIMUM = 100
_SPAN = 2**64


class ServingMetric(StrEnum):
    """Metrics of a predict function, each under both sets of dimensions.

    `requests` counts what asked for a prediction, whatever came of it; `rejections` those of them
    that ended in a 4xx answer and `errors` those that ended in a 5xx, which the three counters
    below it split by kind. `batch_size` and `latency_ms`, from arrival to the scored answer, are
    one value a request. `score` is the distribution of probabilities, or of predicted values: of a
    large batch, 100 scores at even distances. `low_confidence` is 1 for each of those that is
    hardly more than a guess and 0 for the others, so that its average is their share; only
    classifications have it. `cold_starts` is 1 for the first request that a process answers.
    `refresh_failures` counts release pointers or bundles that could not be loaded,
    `shadow_failures` requests that a challenger in shadow mode could not score, and
    `challenger_failures` those that it should have answered and its champion did instead.
    """

    REQUESTS = "requests"
    PREDICTIONS = "predictions"
    BATCH_SIZE = "batch_size"
    SCORE = "score"
    LOW_CONFIDENCE = "low_confidence"
    LATENCY = "latency_ms"
    COLD_STARTS = "cold_starts"
    CACHE_HITS = "cache_hits"
    REJECTIONS = "rejections"
    ERRORS = "errors"
    NOT_READY_ERRORS = "errors_not_ready"
    SCORING_ERRORS = "errors_scoring"
    UNEXPECTED_ERRORS = "errors_unexpected"
    REFRESH_FAILURES = "refresh_failures"
    SHADOW_FAILURES = "shadow_failures"
    CHALLENGER_FAILURES = "challenger_failures"


class Dimension(StrEnum):
    """What every serving metric is split by; `version` is `none` while nothing is loaded."""

    MODEL = "model"
    VERSION = "version"


# CloudWatch adds nothing up over dimensions: what is asked for by model alone is measured by model
# alone, so that an alarm has a name that no release changes.
DIMENSION_SETS = ((Dimension.MODEL, Dimension.VERSION), (Dimension.MODEL,))

# What one alarm is on for all models of a stage is measured without any dimension too.
COUNTED_FOR_THE_STAGE = frozenset({ServingMetric.NOT_READY_ERRORS, ServingMetric.REFRESH_FAILURES})


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
