"""A model whose columns are called what no Python class could call them."""

from typing import Literal

from modelfleet.spec.features import Features, category, number, open_category
from modelfleet.spec.model import Gate, Metric, ModelSpec, Slices, Target, Task


class AliasedFeatures(Features):
    """Columns with blanks, brackets, accents, another script and reserved words."""

    monthly_charges: float = number(
        "Charges", minimum=0, maximum=1_000, example=12.5, alias="Monthly Charges ($)"
    )
    class_: Literal["a", "b"] = category("Class", example="a", alias="class")
    column_3: str | None = open_category("Town", example="大阪", nullable=True, alias="都市")
    example_: int = number("Example", minimum=0, maximum=9, example=3, alias="example")
    plain: int = number("Plain", minimum=0, maximum=9, example=3)


ALIASED = ModelSpec(
    name="aliased",
    title="Aliased",
    description="Columns by names that are no Python.",
    task=Task.BINARY,
    target=Target(column="left?", description="1 if gone", labels=("stayed", "gone")),
    features=AliasedFeatures,
    metrics=(Metric.ROC_AUC,),
    gate=Gate(primary=Metric.ROC_AUC, margin=0.05),
    slices=Slices(
        columns={"class": (), "Monthly Charges ($)": (10.0,)}, metric=Metric.ROC_AUC, limit=0.5
    ),
)
