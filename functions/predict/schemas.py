"""What the API takes and answers."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from modelfleet.domain.bundle import DataFingerprint, Parity, PredictionInterval
from modelfleet.domain.features import Column, Features
from modelfleet.domain.release import Mode, Variant
from modelfleet.domain.risk import Risk
from modelfleet.domain.spec import Target, Task

MAXIMUM_ROWS = 1000
BATCH_KEY = "instances"


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class _Made(_Answer):
    """Who made a prediction."""

    model: str
    version: str
    variant: Variant


class ClassificationAnswer(_Made):
    """The decision on one row."""

    prediction_id: str
    label: Literal[0, 1]
    probability: Annotated[float, Field(ge=0, le=1, description="of the positive class")]
    threshold: Annotated[float, Field(description="label is 1 from this probability on")]
    risk: Annotated[Risk, Field(description="LOW below 0.3, MEDIUM below 0.7, HIGH from there on")]


class Interval(_Answer):
    """Where the true value lies with probability `level`."""

    lower: float
    upper: float
    level: float


class RegressionAnswer(_Made):
    """The value of one row."""

    prediction_id: str
    value: float
    interval: Interval


class ClassificationBatchAnswer(_Made):
    """The decisions on many rows, in the order of the request."""

    predictions: list[ClassificationAnswer]


class RegressionBatchAnswer(_Made):
    """The values of many rows, in the order of the request."""

    predictions: list[RegressionAnswer]


class RankingMeta(_Made):
    """What goes with ranked probabilities."""

    count: int
    prediction_ids: list[str]
    request_id: str


class RankingAnswer(_Answer):
    """Probabilities in the order of the request."""

    probabilities: list[float]
    meta: RankingMeta


class Greeting(_Answer):
    """Where one is, and what can be asked here."""

    model: str
    title: str
    description: str
    task: Task
    routes: list[str]


class Health(_Answer):
    """The process lives."""

    status: Literal["alive"] = "alive"


class Readiness(_Answer):
    """A version is loaded."""

    status: Literal["ready"] = "ready"
    model: str
    version: str


class ChallengerInformation(_Answer):
    """The version that takes a share of the traffic."""

    version: str
    share: float
    mode: Mode


class ModelInformation(_Answer):
    """What serves: the champion's manifest, and the release that it is part of."""

    model: str
    title: str
    description: str
    task: Task
    version: str
    challenger: ChallengerInformation | None
    previous: str | None
    released_at: datetime
    created_at: datetime
    estimator: str
    run_id: str
    metrics: dict[str, float]
    data: DataFingerprint
    threshold: float | None
    interval: PredictionInterval | None
    target: Target
    features: list[Column]
    parity: Parity
    libraries: dict[str, str]


class FieldError(_Answer):
    """One fault of the request's body; `message` never quotes the value."""

    field: str
    message: str


class Problem(_Answer):
    """An error as RFC 9457 describes it."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    request_id: str
    errors: list[FieldError] | None = None


def rows_request(key: str, features: type[Features]) -> type[BaseModel]:
    """Make the class of a body `{key: [rows]}` with 1 to 1,000 rows."""
    rows = Annotated[list[features], Field(min_length=1, max_length=MAXIMUM_ROWS)]  # type: ignore[valid-type]  # chosen at run time
    fields: dict[str, Any] = {key: (rows, ...)}
    name = f"{key.title().replace('_', '')}Request"
    return create_model(name, __config__=ConfigDict(extra="forbid", frozen=True), **fields)
