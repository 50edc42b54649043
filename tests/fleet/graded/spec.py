"""Which of four grades will this piece get?"""

import datetime
from typing import Literal

from modelfleet.spec.features import Features, category, date, number, open_category
from modelfleet.spec.model import Gate, Metric, ModelSpec, Slices, Target, Task


class GradedFeatures(Features):
    """What is known of a piece before it is graded."""

    size: float = number("Size", unit="mm", minimum=0, maximum=100, example=41.5)
    age: int | None = number("Age", unit="years", minimum=0, maximum=60, example=12, nullable=True)
    colour: Literal["red", "green", "blue"] = category("Colour", example="red")
    shop: str = open_category("Shop", example="shop 07")
    made: datetime.date | None = date("Made", example="2024-05-17", nullable=True)
    seen: datetime.datetime = date("Seen", example="2025-12-25T10:30:00", parts=("weekday", "hour"))
    owner: str = open_category("Owner", example="Ada", personal_data=True)


SPEC = ModelSpec(
    name="graded",
    title="Grade",
    description="Which grade a piece will get.",
    task=Task.MULTICLASS,
    target=Target(
        column="grade",
        description="The grade that it got",
        labels=("low", "middle", "high", "extreme value"),
    ),
    features=GradedFeatures,
    metrics=(
        *(Metric.LOG_LOSS, Metric.ROC_AUC_OVR, Metric.ACCURACY, Metric.BALANCED_ACCURACY),
        *(Metric.F1_MACRO, Metric.BRIER, Metric.CALIBRATION_ERROR),
    ),
    gate=Gate(
        primary=Metric.LOG_LOSS,
        minimum={Metric.ROC_AUC_OVR: 0.6},
        maximum={Metric.LOG_LOSS: 1.4},
        margin=0.1,
    ),
    slices=Slices(
        columns={"colour": (), "size": (40.0,)}, metric=Metric.ACCURACY, limit=0.3, minimum_rows=20
    ),
)
