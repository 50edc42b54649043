"""What a model's declaration must agree on."""

import datetime
from typing import Any

import pytest
from pydantic import ValidationError

from modelfleet.spec.data_limits import DataLimits
from modelfleet.spec.drift_policy import DriftPolicy
from modelfleet.spec.features import RESERVED, Features, date, number
from modelfleet.spec.model import Gate, Metric, ModelSpec, Slices, Target, Task, ThresholdRule
from modelfleet.spec.time_column import TimeColumn


class Sample(Features):
    """A single column."""

    age: int = number("Age", minimum=18, maximum=100, example=40)


class BadExample(Features):
    """A column whose example breaks its own range."""

    age: int = number("Age", minimum=18, maximum=100, example=4)


class Personal(Features):
    """A column that says something of a person."""

    age: int = number("Age", minimum=18, maximum=100, example=40, personal_data=True)


class Dated(Features):
    """Dates, of which one may be missing."""

    begun: datetime.date = date("Begun", example="2025-12-25")
    ended: datetime.date | None = date("Ended", example="2025-12-25", nullable=True)


def sliced(columns: dict[str, tuple[float, ...]], metric: Metric = Metric.ROC_AUC) -> Slices:
    """Groups of rows."""
    return Slices(columns=columns, metric=metric, limit=0.5)


VALID: dict[str, Any] = {
    "name": "toy",
    "title": "Toy",
    "description": "A model of the tests.",
    "task": Task.BINARY,
    "target": Target(column="bought", description="1 if bought"),
    "features": Sample,
    "metrics": (Metric.ROC_AUC, Metric.BRIER),
    "gate": Gate(primary=Metric.ROC_AUC, margin=0.01),
}


def test_a_declaration_that_agrees_is_accepted() -> None:
    """What the other tests change is valid before they do."""
    assert ModelSpec(**VALID).retraining_schedule == "cron(0 0 ? * SUN *)"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "Toy Model"}, "name"),
        *(
            ({"target": Target(column=name, description="")}, "this name is reserved")
            for name in RESERVED
        ),
        ({"identifiers": ("age",)}, "age.* cannot be a feature, it is in identifiers"),
        ({"known_afterwards": ("age",)}, "it is in known_afterwards: .* it leaks the target"),
        (
            {"drift": DriftPolicy(unwatched=("aeg",))},
            "drift.unwatched: aeg is not a feature",
        ),
        (
            {"data_limits": DataLimits(cleared=("aeg",))},
            "data_limits.cleared: aeg is not a feature",
        ),
        ({"time": TimeColumn(column="age")}, "time: age is a feature; declare it with date()"),
        (
            {"features": Dated, "time": TimeColumn(column="ended")},
            "time: ended orders all rows, so it cannot be nullable",
        ),
        ({"features": Dated, "slices": sliced({"ended": ()})}, "ended is a date"),
        ({"time": TimeColumn(column="bought")}, "time: bought is the target"),
        ({"ignored": ("age",)}, "it is in ignored"),
        ({"target": Target(column="age", description="Age")}, "the target age cannot be a feature"),
        ({"metrics": (Metric.BRIER,)}, "gate.primary: roc_auc is not among the metrics"),
        (
            {"gate": Gate(primary=Metric.ROC_AUC, minimum={Metric.PR_AUC: 0.1}, margin=0)},
            "gate.minimum: pr_auc is not among the metrics",
        ),
        (
            {"gate": Gate(primary=Metric.ROC_AUC, maximum={Metric.LOG_LOSS: 1}, margin=0)},
            "gate.maximum: log_loss is not among the metrics",
        ),
        ({"metrics": (Metric.ROC_AUC, Metric.RMSE)}, "rmse does not measure a binary model"),
        ({"task": Task.REGRESSION}, "roc_auc does not measure a regression model"),
        ({"features": BadExample}, "features.age: its example: Input should be greater"),
        ({"interval_level": 1.0}, "interval_level"),
        ({"slices": sliced({"sex": ()})}, "slices.columns: sex is not a feature"),
        ({"slices": sliced({"age": ()})}, "age: numbers need edges"),
        ({"slices": sliced({"age": (50, 30)})}, "the edges of age are not increasing"),
        ({"slices": sliced({"age": (30,)}, Metric.RECALL)}, "slices.metric: recall is not among"),
        (
            {"features": Personal, "slices": sliced({"age": (30,)})},
            "slices.columns: age is personal data",
        ),
        ({"treshold": ThresholdRule()}, "treshold"),
    ],
)
def test_a_declaration_that_disagrees_is_refused(changes: dict[str, Any], message: str) -> None:
    """The error names the field."""
    with pytest.raises(ValidationError, match=message):
        ModelSpec(**(VALID | changes))


def test_the_time_of_a_row_may_be_a_feature() -> None:
    """It is then one column of the data, not two."""
    both = ModelSpec(**(VALID | {"features": Dated, "time": TimeColumn(column="begun")}))
    assert both.data_columns == ("begun", "ended", "bought")
    assert both.time_apart is None
    apart = ModelSpec(**(VALID | {"features": Dated, "time": TimeColumn(column="day")}))
    assert apart.data_columns == ("begun", "ended", "bought", "day")


def test_a_level_compares_no_models() -> None:
    """An interval's coverage is limited from both sides, and no model is better for more of it."""
    with pytest.raises(ValidationError, match="interval_coverage cannot be the primary metric"):
        Gate(primary=Metric.INTERVAL_COVERAGE, margin=0.01)


def test_a_data_set_holds_features_target_and_time() -> None:
    """Columns come in this order, and the time only where one is declared."""
    assert ModelSpec(**VALID).data_columns == ("age", "bought")
    timed = ModelSpec(**(VALID | {"time": TimeColumn(column="day")}))
    assert timed.data_columns == ("age", "bought", "day")


def test_only_errors_are_better_when_lower() -> None:
    """The direction of each metric is declared once."""
    lower = {metric for metric in Metric if not metric.higher_is_better}
    assert lower == {
        Metric.BRIER, Metric.LOG_LOSS, Metric.CALIBRATION_ERROR, Metric.RMSE, Metric.MAE,
        Metric.MAPE,
    }  # fmt: skip
