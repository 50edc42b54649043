"""Names and dimensions of the predict functions' metrics."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # What reads log lines starts often and small: it must not load pydantic for a name.

    pass

NO_VERSION = "none"
PREDICTION_MESSAGE = "prediction"
MEASURED_SCORES_MAXIMUM = 100


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
