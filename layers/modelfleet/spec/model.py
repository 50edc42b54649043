"""Model declaration: the single source of truth for every package."""

from functools import cache
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from modelfleet.resource_names import CONSOLE_PATH, METRICS_PATH
from modelfleet.spec.alert_policy import AlertPolicy
from modelfleet.spec.data_limits import DataLimits
from modelfleet.spec.document import Frozen
from modelfleet.spec.drift_policy import DriftPolicy
from modelfleet.spec.features import RESERVED, ColumnKind, Features, Target
from modelfleet.spec.metric import Metric
from modelfleet.spec.release_policy import ReleasePolicy
from modelfleet.spec.task import Task
from modelfleet.spec.tasks.kind import target_fault
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
    "Training",
]

MODEL_NAME_PATTERN = r"^[a-z][a-z0-9]{1,30}$"
MEBIBYTE = 1024 * 1024


# The fleet's own paths are next to the models'.
_OTHER_PATHS = (CONSOLE_PATH, METRICS_PATH)
_NO_FEATURES = {
    "identifiers": "it identifies a row and does not generalize to new rows",
    "known_afterwards": "it exists only because the outcome is known, so it leaks the target",
    "ignored": "the model does not use it",
}


class Resampling(Frozen, arbitrary_types_allowed=True):
    """SMOTE, on training rows only, if the majority class outnumbers a minority by the ratio.

    Synthetic rows are added until the ratio is at most `target_ratio`. Each of them is a guess, so
    a model may declare a ratio that needs fewer of them than balanced classes would.
    """

    method: Literal["smote", "none"] = "none"
    imbalance_ratio: Annotated[float, Field(ge=1.0)] = 2.0
    target_ratio: Annotated[float, Field(ge=1.0)] = 2.0
    neighbors: Annotated[int, Field(ge=1)] = 5


class ThresholdRule(Frozen, arbitrary_types_allowed=True):
    """How the decision threshold is chosen on out-of-fold predictions of training rows.

    `fixed` uses `value` itself. `recall_at_least` and `precision_at_least` maximize the other of
    the two metrics while keeping this one at or above `value`. `f_beta` maximizes F-beta with
    beta = `value`. `expected_cost` minimizes the total cost of errors, where a missed positive
    costs `false_negative_cost` and a false alarm `false_positive_cost`, in any unit.
    """

    objective: Literal[
        "fixed", "recall_at_least", "precision_at_least", "f_beta", "expected_cost"
    ] = "fixed"
    value: Annotated[float, Field(gt=0.0)] = 0.5
    false_negative_cost: Annotated[float, Field(gt=0.0)] = 1.0
    false_positive_cost: Annotated[float, Field(gt=0.0)] = 1.0


class Slices(Frozen, arbitrary_types_allowed=True):
    """Groups of rows on which a model is also measured separately.

    `columns` are features: a categorical column makes one group per category, a numeric column one
    group per interval between its declared edges. A group's `metric` must not be significantly
    worse than `limit`; groups with fewer than `minimum_rows` rows are not measured.
    """

    columns: dict[str, tuple[float, ...]]
    metric: Metric
    limit: float
    minimum_rows: Annotated[int, Field(ge=20)] = 100


class Gate(Frozen, arbitrary_types_allowed=True):
    """Requirements for a candidate to be registered, and to replace the champion.

    `minimum` and `maximum` are absolute limits per metric. `primary` is compared with the champion
    on the same rows: a candidate that may be worse by more than `margin` (in the metric's unit, or
    relative to the champion's value if `relative_margin`) is blocked; see
    `modelfleet.evaluation.gate.judge`. A calibration error significantly above
    `calibration_error_maximum` blocks too. `latency_ms_maximum` applies to one row in ONNX Runtime.
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
    """Size and optional features of the model's predict function.

    With `ranked_as = "leads"`, the model also serves `POST /score`, which takes `{"leads": [rows]}`
    and returns their probabilities in the same order, for ranking. `capture_share` is the share of
    predictions stored in the lake, for drift detection and reports. `remembered_predictions` is the
    number of rows whose predictions each process caches; 0 disables the cache.
    """

    memory_mb: Annotated[int, Field(ge=128, le=10_240)] = 512
    timeout_seconds: Annotated[int, Field(ge=1, le=29)] = 10
    ranked_as: Annotated[str, Field(pattern=r"^[a-z][a-z_]*$")] | None = None
    capture_share: Annotated[float, Field(ge=0.0, le=1.0)] = 1.0
    remembered_predictions: Annotated[int, Field(ge=0, le=100_000)] = 1_000


class Training(Frozen, arbitrary_types_allowed=True):
    """How a pipeline is chosen.

    `seconds` is the processor time of a training on up to 50,000 rows: candidates are stopped in
    time for the final fits. The first candidate and the final fits are always finished. Without
    `default_candidates`, only those of the folder's `estimators.py` are tried. With `blend`, a
    weighted mean of up to three candidates is a candidate too.

    `rows_per_second` (in batches) and `p50_ms` (for one row) are the speed of the served model in
    ONNX Runtime on one core. A slower model is fitted again with fewer trees.
    """

    seconds: Annotated[float, Field(gt=0.0)] = 120.0
    default_candidates: bool = True
    blend: bool = False
    rows_per_second: Annotated[float, Field(gt=0.0)] = 40_000.0
    p50_ms: Annotated[float, Field(gt=0.0)] = 5.0


@cache
def _names(features: type[Features]) -> frozenset[str]:
    return frozenset(column.name for column in features.columns())


class ModelSpec(Frozen, arbitrary_types_allowed=True):
    """Complete declaration of a model.

    `identifiers` are columns of the data that are never features, never stored, and never logged.
    `known_afterwards` are columns that are only known once the outcome is known. `ignored` are
    other columns of the data that the model does not use. `time` is the time of a row, which may be
    a date feature too; if declared, models are trained on older rows and tested on newer ones.
    `group` is a column with the same value in rows that belong together, such as those of one
    customer: they stay on one side of every split and fold. It is never a feature, and only a keyed
    hash of it is stored.
    With `retrain_on_data`, loading rows or outcomes starts a retraining, besides the schedule.
    `data_limits` are the thresholds at which a table is warned about or rejected, `drift` those at
    which rows to predict differ too much from training rows, and `alerts` the actions taken on
    drift.
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
    group: str | None = None
    data_limits: DataLimits = DataLimits()
    metrics: tuple[Metric, ...]
    gate: Gate
    slices: Slices | None = None
    training: Training = Training()
    resampling: Resampling = Resampling()
    calibration: Literal["auto", "none", "sigmoid", "isotonic"] = "auto"
    threshold: ThresholdRule = ThresholdRule()
    interval_level: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.8
    retraining_schedule: str = "cron(0 0 ? * SUN *)"
    retrain_on_data: bool = False
    drift_schedule: str = "cron(0 2 * * ? *)"
    serving: Serving = Serving()
    release: ReleasePolicy = ReleasePolicy()
    drift: DriftPolicy = DriftPolicy()
    alerts: AlertPolicy = AlertPolicy()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        declared = {column.name for column in self.features.columns()}
        for kind, reason in _NO_FEATURES.items():
            if wrong := sorted(declared & set(getattr(self, kind))):
                raise ValueError(
                    f"features: {wrong[0]} cannot be a feature, it is in {kind}: {reason}"
                )
        if self.name in _OTHER_PATHS:
            raise ValueError(f"name: the API has a path {self.name} of its own")
        if taken := sorted({*RESERVED} & {*self.data_columns, self.group}):
            raise ValueError(f"{taken[0]}: this name is reserved")
        if self.target.column in declared:
            raise ValueError(f"features: the target {self.target.column} cannot be a feature")
        if fault := self.task.kind.label_fault(self.target.labels):
            raise ValueError(f"target.labels: {fault}")
        if fault := target_fault(self.target):
            raise ValueError(f"target.{fault}")
        if self.serving.ranked_as is not None and not self.task.kind.ranks:
            raise ValueError("serving.ranked_as: only binary models rank rows")
        if self.time is not None and (wrong_time := self._time_fault(self.time.column)):
            raise ValueError(f"time: {self.time.column} {wrong_time}")
        if self.group in self.data_columns:
            raise ValueError(f"group: {self.group} is already a feature, the target, or the time")
        if unknown := sorted(set(self.data_limits.cleared) - declared):
            raise ValueError(f"data_limits.cleared: {unknown[0]} is not a feature")
        if unknown := sorted(set(self.drift.unwatched) - declared):
            raise ValueError(f"drift.unwatched: {unknown[0]} is not a feature")
        return self

    def _time_fault(self, name: str) -> str | None:
        if name == self.target.column:
            return "is the target"
        column = next((each for each in self.features.columns() if each.name == name), None)
        if column is None:
            return None
        if column.kind is not ColumnKind.DATE:
            return "is a feature; declare it with date() to use it as both"
        return "orders all rows, so it cannot be nullable" if column.nullable else None

    @property
    def time_apart(self) -> TimeColumn | None:
        """The time column, unless it is a feature too."""
        return None if self.time and self.time.column in _names(self.features) else self.time

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of more than two classes, in the order of their probabilities; else none."""
        return self.task.kind.classes(self.target.labels)

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of two or more classes, in the order of their labels; empty for regression."""
        return self.task.kind.names(self.target.labels)

    @property
    def outcomes(self) -> tuple[float | str, ...]:
        """Each value that the target takes in a data set where it takes listed ones; else none."""
        return self.task.kind.outcomes(self.target.labels)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Feature names in data, requests, and responses, in declaration order."""
        return tuple(column.name for column in self.features.columns())

    @property
    def data_columns(self) -> tuple[str, ...]:
        """Columns of a data set: the features, the target, and the time column if declared."""
        time = (self.time_apart.column,) if self.time_apart else ()
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
    def _limited(self) -> Self:
        rates = (self.drift.selection_rate_difference, self.drift.true_positive_rate_difference)
        if rates != (None, None):
            if not self.task.kind.ranks:
                raise ValueError("drift: only binary models have selection rates to limit")
            if not any(column.sensitive for column in self.features.columns()):
                raise ValueError("drift: rates are limited, but no column is sensitive=True")
        if self.drift.slice_loss is not None and self.slices is None:
            raise ValueError("drift.slice_loss: declare slices, or omit it")
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
            if declared[name].kind is ColumnKind.DATE:
                raise ValueError(f"slices.columns: {name} is a date; slice by another column")
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
