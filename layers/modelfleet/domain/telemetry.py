"""What is measured and logged of serving: each metric, dimension and log key is named here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from modelfleet.domain.release import Variant

NO_VERSION = "none"
PREDICTION_MESSAGE = "prediction"


class ServingMetric(StrEnum):
    """Metrics of a predict function, each with both dimensions.

    `errors` counts requests for a prediction that ended in a 5xx answer; `latency_ms` is one value
    a request, from its arrival to the scored answer; `refresh_failures` counts release pointers or
    bundles that could not be loaded.
    """

    PREDICTIONS = "predictions"
    ERRORS = "errors"
    LATENCY = "latency_ms"
    REFRESH_FAILURES = "refresh_failures"


class Dimension(StrEnum):
    """What every serving metric is split by; `version` is `none` while nothing is loaded."""

    MODEL = "model"
    VERSION = "version"


@dataclass(frozen=True, slots=True)
class LoggedPrediction:
    """One prediction as it may be logged: `features` holds no personal data."""

    prediction_id: str
    features: Mapping[str, Any]
    output: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AnsweredRequest:
    """A request for one prediction or many, after it was answered."""

    request_id: str
    version: str
    variant: Variant
    latency_ms: float
    predictions: Sequence[LoggedPrediction]
