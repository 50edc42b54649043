"""What a model declares: the single source for every package."""

from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from modelfleet.spec.alert_policy import AlertPolicy
from modelfleet.spec.data_limits import DataLimits
from modelfleet.spec.document import Frozen
from modelfleet.spec.drift_policy import DriftPolicy
from modelfleet.spec.features import PROVENANCE, ColumnKind, Features, Target
from modelfleet.spec.metric import Metric
from modelfleet.spec.release_plan import Rollout
from modelfleet.spec.task import Task
from modelfleet.spec.time_column import TimeColumn

__all__ = [
    "DataLimits",
    "Gate",
    "Metric",
    "ModelSpec",
    "Resampling",
    "Serving",
    "Slices",
    "Target",
    "Task",
    "ThresholdRule",
]

MODEL_NAME_PATTERN = r"^[a-z][a-z0-9]{1,30}$"
MEBIBYTE = 1024 * 1024


_NO_FEATURES = {
    "identifiers": "it names a row and says nothing of the next one",
    "known_afterwards": "it exists only because the outcome is known, so it leaks the target",
    "ignored": "the model does not use it",
}


class Resampling(Frozen, arbitrary_types_allowed=True):
    """SMOTE on training rows alone, where the majority outnumbers a minority by the ratio.

    Synthetic rows are added until it does so by no more than `target_ratio`: each of them is a
    guess, so a model may do with fewer than would balance the classes.
    """

    method: Literal["smote", "none"] = "none"
    imbalance_ratio: Annotated[float, Field(ge=1.0)] = 2.0
    target_ratio: Annotated[float, Field(ge=1.0)] = 2.0
    neighbors: Annotated[int, Field(ge=1)] = 5


class ThresholdRule(Frozen, arbitrary_types_allowed=True):
    """How the decision threshold is chosen on validation rows.

    `fixed` takes `value` itself; `recall_at_least` and `precision_at_least` take the threshold with
    the best counterpart that still reaches `value`; `f_beta` maximises F-beta with beta = `value`;
    `expected_cost` minimises what errors cost: a missed positive `false_negative_cost`, a false
    alarm `false_positive_cost`, in any unit.
    """

    objective: Literal[
        "fixed", "recall_at_least", "precision_at_least", "f_beta", "expected_cost"
    ] = "fixed"
    value: Annotated[float, Field(gt=0.0)] = 0.5
    false_negative_cost: Annotated[float, Field(gt=0.0)] = 1.0
    false_positive_cost: Annotated[float, Field(gt=0.0)] = 1.0


class Slices(Frozen, arbitrary_types_allowed=True):
    """The groups of rows on which a model is measured by themselves.

    `columns` are features: a category column makes one group a category, a number column one group
    between each two of its declared edges. A group's `metric` must not be worse than `limit` beyond
    chance, and groups with fewer than `minimum_rows` rows are not measured.
    """

    columns: dict[str, tuple[float, ...]]
    metric: Metric
    limit: float
    minimum_rows: Annotated[int, Field(ge=20)] = 100


class Gate(Frozen, arbitrary_types_allowed=True):
    """What a candidate must reach to be registered, and to replace the champion.

    `minimum` and `maximum` are absolute limits per metric. `primary` is compared with the champion
    on the same rows: a candidate that may be worse by more than `margin` (in the metric's own unit,
    or relative to the champion's value where `relative_margin`) is blocked; see
    `modelfleet.evaluation.gate.judge`. A calibration error over `calibration_error_maximum` blocks
    where chance does not explain it. `latency_ms_maximum` is for one row in ONNX Runtime.
    """

    primary: Metric
    minimum: dict[Metric, float] = Field(default_factory=dict)
    maximum: dict[Metric, float] = Field(default_factory=dict)
    margin: Annotated[float, Field(ge=0.0)]
    relative_margin: bool = False
    bundle_bytes_maximum: Annotated[int, Field(gt=0)] = 20 * MEBIBYTE
    latency_ms_maximum: Annotated[float, Field(gt=0.0)] = 20.0
    calibration_error_maximum: Annotated[float, Field(gt=0.0)] = 0.1

    @field_validator("primary")
    @classmethod
    def _comparable(cls, primary: Metric) -> Metric:
        if primary is Metric.INTERVAL_COVERAGE:
            raise ValueError(f"{primary} cannot be the primary metric: higher is not better")
        return primary


class Serving(Frozen, arbitrary_types_allowed=True):
    """The size of the model's predict function, and the routes it has beyond everybody's.

    With `ranked_as = "leads"` the model also answers `POST /score`: it takes `{"leads": [rows]}`
    and gives their probabilities in the same order, to rank them by. `capture_share` is the part of
    the predictions that is kept in the lake, from which drift is found and reports are drawn.
    `remembered_predictions` is how many rows' outcomes a process keeps, so as not to score the same
    row again; 0 switches it off.
    """

    memory_mb: Annotated[int, Field(ge=128, le=10_240)] = 512
    timeout_seconds: Annotated[int, Field(ge=1, le=29)] = 10
    ranked_as: Annotated[str, Field(pattern=r"^[a-z][a-z_]*$")] | None = None
    capture_share: Annotated[float, Field(ge=0.0, le=1.0)] = 1.0
    remembered_predictions: Annotated[int, Field(ge=0, le=100_000)] = 1_000


class ModelSpec(Frozen, arbitrary_types_allowed=True):
    """Everything the fleet knows of a model before it is trained.

    `identifiers` are columns of the data that are never features, never stored and never logged.
    `known_afterwards` are columns that exist in the data only because the outcome is already known.
    `ignored` are other columns of the data that the model does not use.
    `time` says when a row happened; where it is declared, models are trained on older rows and
    tested on newer ones. `data_limits` decide from when on a table is warned of or refused, `drift`
    from when on predictions are asked for rows too unlike those of training, and `watch` what is
    done about it.
    """

    name: Annotated[str, Field(pattern=MODEL_NAME_PATTERN)]
    title: str
    description: str
    task: Task
    target: Target
    features: type[Features]
    identifiers: tuple[str, ...] = ()
    known_afterwards: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    time: TimeColumn | None = None
    data_limits: DataLimits = DataLimits()
    metrics: tuple[Metric, ...]
    gate: Gate
    slices: Slices | None = None
    resampling: Resampling = Resampling()
    calibration: Literal["auto", "none", "sigmoid", "isotonic"] = "auto"
    threshold: ThresholdRule = ThresholdRule()
    interval_level: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.8
    retraining_schedule: str = "cron(0 0 ? * SUN *)"
    drift_schedule: str = "cron(0 2 * * ? *)"
    serving: Serving = Serving()
    rollout: Rollout = Rollout()
    drift: DriftPolicy = DriftPolicy()
    watch: AlertPolicy = AlertPolicy()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        declared = {column.name for column in self.features.columns()}
        for kind, reason in _NO_FEATURES.items():
            if wrong := sorted(declared & set(getattr(self, kind))):
                raise ValueError(
                    f"features: {wrong[0]} cannot be a feature, it is in {kind}: {reason}"
                )
        if taken := sorted({*PROVENANCE} & set(self.data_columns)):
            raise ValueError(f"{taken[0]}: this name is reserved for the origin of a row")
        if self.target.column in declared:
            raise ValueError(f"features: the target {self.target.column} cannot be a feature")
        if fault := self.task.kind.label_fault(self.target.labels):
            raise ValueError(f"target.labels: {fault}")
        if self.serving.ranked_as is not None and not self.task.kind.ranks:
            raise ValueError("serving.ranked_as: only binary models rank rows")
        if self.time is not None and self.time.column in {*declared, self.target.column}:
            raise ValueError(f"time: {self.time.column} is already a feature or the target")
        if unknown := sorted(set(self.data_limits.cleared) - declared):
            raise ValueError(f"data_limits.cleared: {unknown[0]} is not a feature")
        if unknown := sorted(set(self.drift.unwatched) - declared):
            raise ValueError(f"drift.unwatched: {unknown[0]} is not a feature")
        return self

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of more than two classes, in the order of their probabilities; else none."""
        return self.task.kind.classes(self.target.labels)

    @property
    def outcomes(self) -> tuple[float | str, ...]:
        """Each value that the target takes in a data set where it takes listed ones; else none."""
        return self.task.kind.outcomes(self.target.labels)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The features' names in data, requests and answers, in their declared order."""
        return tuple(column.name for column in self.features.columns())

    @property
    def data_columns(self) -> tuple[str, ...]:
        """The columns that a data set holds: features, target, and the time where declared."""
        time = (self.time.column,) if self.time else ()
        return (*self.feature_names, self.target.column, *time)

    @model_validator(mode="after")
    def _measurable(self) -> Self:
        if wrong := [metric for metric in self.metrics if metric not in self.task.kind.metrics]:
            raise ValueError(f"metrics: {wrong[0]} does not measure a {self.task} model")
        gate = self.gate
        for kind, limited in (
            ("primary", [gate.primary]),
            ("minimum", gate.minimum),
            ("maximum", gate.maximum),
        ):
            for metric in limited:
                if metric not in self.metrics:
                    raise ValueError(f"gate.{kind}: {metric} is not among the metrics")
        return self

    @model_validator(mode="after")
    def _sliceable(self) -> Self:
        if self.slices is None:
            return self
        if self.slices.metric not in self.metrics:
            raise ValueError(f"slices.metric: {self.slices.metric} is not among the metrics")
        declared = {column.name: column for column in self.features.columns()}
        for name, edges in self.slices.columns.items():
            if name not in declared:
                raise ValueError(f"slices.columns: {name} is not a feature")
            if declared[name].personal_data:
                raise ValueError(
                    f"slices.columns: {name} is personal data; slices would show its values"
                )
            if list(edges) != sorted(set(edges)):
                raise ValueError(f"slices.columns: the edges of {name} are not increasing")
            if (declared[name].kind is ColumnKind.CATEGORY) == bool(edges):
                raise ValueError(
                    f"slices.columns: {name}: numbers need edges, categories must have none"
                )
        return self

    @model_validator(mode="after")
    def _exemplary(self) -> Self:
        try:
            self.features.model_validate(self.features.example())
        except ValidationError as error:
            fault = error.errors()[0]
            raise ValueError(f"features.{fault['loc'][0]}: its example: {fault['msg']}") from error
        return self
