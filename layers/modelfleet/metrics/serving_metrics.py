"""Names and dimensions of the predict functions' metrics."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # The captures function imports this module and must not load pydantic.

    pass

NO_VERSION = "none"
PREDICTION_MESSAGE = "prediction"
# Starts like the other one, so that a single filter of the log finds both.
REFUSAL_MESSAGE = f"{PREDICTION_MESSAGE} refused"
MEASURED_SCORES_MAXIMUM = 100


class ServingMetric(StrEnum):
    """Metrics of a predict function, each under both dimension sets.

    `requests` counts all requests for predictions, `rejections` those with a 4xx response, and
    `errors` those with a 5xx response, which the three counters below it split by kind.
    `batch_size` and `latency_ms`, from arrival to response, have one value per request. `score` is
    the distribution of probabilities, or of predicted values; a large batch contributes 100 evenly
    spaced scores. `low_confidence` is 1 for each of these scores that is little better than a guess
    and 0 for the others, so that its average is a share; only classifiers have it. `cold_starts` is
    1 for the first request of a process. `refresh_failures` counts release pointers or bundles that
    could not be loaded, `shadow_failures` requests that a challenger in shadow mode failed to
    score, and `challenger_failures` requests that the champion answered in place of its challenger.
    `outcomes` counts outcomes that clients reported, and `corrections` those among them that
    contradict a stored one.
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
    OUTCOMES = "outcomes"
    CORRECTIONS = "corrections"


class Dimension(StrEnum):
    """Dimensions of every serving metric; `version` is `none` until a version is loaded."""

    MODEL = "model"
    VERSION = "version"


# CloudWatch does not aggregate over dimensions, so each metric is also published by model alone,
# for alarms whose dimensions do not change with a release.
DIMENSION_SETS = ((Dimension.MODEL, Dimension.VERSION), (Dimension.MODEL,))

# Metrics with one alarm for all models of a stage are also published without dimensions.
COUNTED_FOR_THE_STAGE = frozenset({ServingMetric.NOT_READY_ERRORS, ServingMetric.REFRESH_FAILURES})
