"""Requests and responses of the API."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Any, ClassVar, Literal, Self, cast

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    create_model,
    model_validator,
)
from pydantic_core import PydanticCustomError

from modelfleet.outcomes.entities import ENTITY_ID, entity_of
from modelfleet.registry.manifest import DataFingerprint
from modelfleet.registry.pointer import Mode, Variant
from modelfleet.serving.tasks.binary import RULE, Risk
from modelfleet.spec.features import Column, Features
from modelfleet.spec.model import Target, Task
from modelfleet.spec.tasks.kind import TaskKind
from modelfleet.statistics.decision_rule import PredictionInterval
from modelfleet.statistics.results import Parity

MAXIMUM_ROWS = 1000
BATCH_KEY = "instances"
STRICT_KEY = "strict"
RANKED_ROWS = "rows"


class _Answer(BaseModel):
    # Compile on first use, once, instead of for every class that contains it.
    model_config = ConfigDict(frozen=True, defer_build=True)


class Made(_Answer):
    """Model, version, and variant of a prediction."""

    model: str
    version: str
    variant: Variant


class ClassificationAnswer(Made):
    """Prediction of a binary model for one row."""

    prediction_id: str
    label: Literal[0, 1]
    class_: Annotated[str, Field(alias="class", description="name of the label's class")]
    probability: Annotated[
        float, Field(ge=0, le=1, description="probability of the positive class")
    ]
    threshold: Annotated[float, Field(description="label is 1 at or above this probability")]
    risk: Annotated[Risk, Field(description=RULE)]


class Interval(_Answer):
    """Prediction interval that contains the true value with probability `level`."""

    lower: float
    upper: float
    level: float


class RegressionAnswer(Made):
    """Prediction of a regression model for one row."""

    prediction_id: str
    value: float
    interval: Interval


class FieldError(_Answer):
    """Validation error of one field; `message` never quotes the value."""

    field: str
    message: str


class RowError(_Answer):
    """Error in place of the prediction of an invalid row."""

    index: Annotated[int, Field(ge=0, description="zero-based index of the row in the request")]
    error: str
    errors: list[FieldError] | None = None


class ClassificationBatchAnswer(Made):
    """Predictions of a binary model for a batch, each at the index of its row."""

    failed: Annotated[int, Field(ge=0, description="number of invalid rows")]
    predictions: list[ClassificationAnswer | RowError]


class RegressionBatchAnswer(Made):
    """Predictions of a regression model for a batch, each at the index of its row."""

    failed: Annotated[int, Field(ge=0, description="number of invalid rows")]
    predictions: list[RegressionAnswer | RowError]


class RankingMeta(Made):
    """Metadata of ranked probabilities."""

    count: int
    prediction_ids: list[str]
    request_id: str


class RankingAnswer(_Answer):
    """Probabilities in the order of the request."""

    probabilities: list[float]
    meta: RankingMeta


class Greeting(_Answer):
    """Description of the model, and its routes."""

    model: str
    title: str
    description: str
    task: Task
    routes: list[str]


class Health(_Answer):
    """Liveness."""

    status: Literal["alive"] = "alive"


class Readiness(_Answer):
    """Readiness: a version is loaded."""

    status: Literal["ready"] = "ready"
    model: str
    version: str


class ChallengerInformation(_Answer):
    """Challenger on trial, with its share of the traffic."""

    version: str
    share: float
    mode: Mode


class ModelInformation(_Answer):
    """Current version: the champion's manifest, and its release."""

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
    card: Annotated[str | None, Field(description="URL of the model card, relative to this one")]


class ContributionAnswer(_Answer):
    """Contribution of one input to the prediction."""

    feature: str
    value: str | float | None
    contribution: Annotated[float, Field(description="in the unit of the prediction")]
    standard_error: Annotated[float, Field(ge=0, description="0 if the contribution is exact")]


class Accuracy(_Answer):
    """How the contributions were computed: `exact` by enumeration, `sampled` by permutations."""

    method: Literal["exact", "sampled"]
    evaluations: Annotated[int, Field(ge=1, description="number of rows that the model scored")]
    background_rows: Annotated[int, Field(ge=1, description="number of background rows")]
    maximum_standard_error: Annotated[float, Field(ge=0)]


class ExplanationAnswer(Made):
    """Shapley values: `base_value` plus all contributions equals `prediction`."""

    prediction: Annotated[float, Field(description="probability, or value")]
    base_value: Annotated[float, Field(description="mean prediction of the background rows")]
    contributions: Annotated[
        list[ContributionAnswer], Field(description="largest contribution first")
    ]
    accuracy: Accuracy


class FeedbackAnswer(_Answer):
    """The outcome is stored; `corrected` if another one was stored before."""

    status: Literal["stored", "corrected"] = "stored"
    model: str
    prediction_id: str | None = None
    entity_id: str | int | None = None
    actual: float


class Problem(_Answer):
    """Problem document (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    request_id: str
    errors: list[FieldError] | None = None


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _AboutOne(_Request):
    _subjects: ClassVar[Sequence[str]] = ("prediction_id", ENTITY_ID)
    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": [name]} for name in _subjects]}
    )

    @model_validator(mode="after")
    def _require_one_subject(self) -> Self:
        given = self.model_fields_set.intersection(self._subjects)
        if len(given) != 1:
            raise PydanticCustomError("subject", "Send either prediction_id or entity_id")
        if ENTITY_ID in given and entity_of(getattr(self, ENTITY_ID)) is None:
            raise PydanticCustomError("blank_entity", "The entity_id is blank")
        return self


def rows_request(key: str, features: type[Features]) -> type[BaseModel]:
    """Create the model of a request body `{key: [rows]}` with 1 to 1,000 rows."""
    kind, required = _rows(features)
    # The key may be the name of a pydantic attribute, such as `copy`.
    rows = Field(required, alias=key)
    return _request(key.title().replace("_", ""), {RANKED_ROWS: (kind, rows)})


class AboutEntity(Features):
    """A row that may say what it is about."""

    # Compiled once, as a part of the batch.
    model_config = ConfigDict(defer_build=True)

    entity_id: StrictInt | StrictStr | None = Field(
        default=None,
        description=(
            "The caller's own ID of what the row is about; stored as a keyed hash, and no feature"
        ),
    )


def batch_request(features: type[Features]) -> type[BaseModel]:
    """Create the model of a batch request, whose rows are validated separately."""
    rows = _rows(_about_entity(features))
    return _request("Batch", {BATCH_KEY: rows, STRICT_KEY: (StrictBool, _STRICT)})


def _about_entity(features: type[Features]) -> type[Features]:
    """Add the field of the entity's ID, unless a feature has its name."""
    fields = features.model_fields
    if ENTITY_ID in {*fields, *(field.alias for field in fields.values())}:
        return features
    base: Any = (features, AboutEntity)
    row = create_model(f"{features.__name__}Row", __base__=base, __doc__=features.__doc__)
    return cast("type[Features]", row)


def feedback_request(actual: Any) -> type[BaseModel]:
    """Create the model of a feedback request, whose outcome is a value of the target.

    It is about a prediction or an entity, which `oneOf` tells readers of the schema.
    """
    fields = {
        "prediction_id": (str, _PREDICTION_ID),
        ENTITY_ID: (StrictInt | StrictStr, _REPORTED_ENTITY),
        "actual": actual,
    }
    return _request("Feedback", fields, _AboutOne)


def feedback_example(actual: Any) -> dict[str, Any]:
    """Return a valid feedback request."""
    return {"prediction_id": _EXAMPLE_ID, "actual": actual}


_EXAMPLE_ID = "20261130-kq3vx7w2m5n4pcab-5hslkyx2q7w3mrtavc6zen4u-1-0"
_PREDICTION_ID = Field(
    default="", description="ID in the prediction's response", examples=[_EXAMPLE_ID]
)
_REPORTED_ENTITY = Field(
    default="",
    description="ID sent with the prediction; the outcome is that of its newest prediction",
    json_schema_extra={"pattern": r"[^\s\x1c-\x1f\x85]"},
)
_STRICT = Field(
    default=False, description="Reject the whole batch with 422 if any row is not valid"
)


def class_outcome(target: Target, kind: TaskKind) -> Any:
    """Return the field of an outcome that is a class, under each spelling that files may have."""
    outcomes, names = kind.outcomes(target.labels), kind.names(target.labels)
    accepted = [each for each in (*outcomes, *names) if not kind.read_outcome(target, each)[1]]
    spelled: Any = Literal[tuple(dict.fromkeys(accepted))]
    if kind.read_outcome(target, True)[1] is None:
        spelled |= bool
    read = BeforeValidator(partial(_read_outcome, target, kind), json_schema_input_type=spelled)
    told = f"the outcome, in any spelling that `fleet data load` accepts: {', '.join(names)}"
    values: Any = Literal[tuple(outcomes)]
    return Annotated[values, read], Field(description=f"{target.description}; {told}")


def _read_outcome(target: Target, kind: TaskKind, value: Any) -> Any:
    found, fault = kind.read_outcome(target, value)
    if fault is None:
        return found
    expected = fault[1].removeprefix("it must be ")
    raise PydanticCustomError("outcome", "{text}", {"text": f"Input should be {expected}"})


def _rows(features: type[Features]) -> Any:
    return Annotated[list[features], Field(min_length=1, max_length=MAXIMUM_ROWS)], ...  # type: ignore[valid-type]  # chosen at run time


def number_outcome(target: Target) -> Any:
    """Return the field of a numeric outcome."""
    extra: Any = {"x-unit": target.unit} if target.unit else None
    field = Field(
        description=target.description,
        allow_inf_nan=False,
        strict=True,
        json_schema_extra=extra,
        **bounds(target),
    )
    return float, field


def bounds(target: Target) -> dict[str, Any]:
    """Return the target's declared range as field constraints."""
    ends = {"ge": target.minimum, "le": target.maximum}
    return {name: value for name, value in ends.items() if value is not None}


def _request(name: str, fields: dict[str, Any], base: Any = _Request) -> type[BaseModel]:
    kind: type[BaseModel] = create_model(f"{name}Request", __base__=base, **fields)
    return kind
