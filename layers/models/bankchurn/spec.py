"""Will this customer leave the bank: one row per customer, as the bank's own books show them."""

from typing import Literal

from modelfleet.spec.features import Features, category, number
from modelfleet.spec.model import Gate, Metric, ModelSpec, Slices, Target, Task, ThresholdRule


class BankChurnFeatures(Features):
    """What the bank knows of a customer today."""

    CreditScore: int = number("Credit score", minimum=300, maximum=900, example=619, unit="points")
    Geography: Literal["France", "Germany", "Spain"] = category(
        "Country of residence", example="France"
    )
    Gender: Literal["Female", "Male"] = category(
        "Gender as recorded", example="Female", sensitive=True
    )
    Age: int = number("Age", minimum=18, maximum=100, example=42, unit="years", sensitive=True)
    Tenure: int | None = number(
        "Time with the bank", minimum=0, maximum=60, example=2, unit="years", nullable=True
    )
    Balance: float = number(
        "Balance over all accounts", minimum=0, maximum=10_000_000, example=83807.86, unit="EUR"
    )
    NumOfProducts: int = number(
        "Products of the bank in use", minimum=1, maximum=10, example=1, unit="products"
    )
    HasCrCard: int = number(
        "1 if the customer holds a credit card", minimum=0, maximum=1, example=1
    )
    IsActiveMember: int = number(
        "1 if the customer used the bank lately", minimum=0, maximum=1, example=0
    )
    EstimatedSalary: float = number(
        "Estimated yearly salary", minimum=0, maximum=10_000_000, example=101348.88, unit="EUR"
    )


SPEC = ModelSpec(
    name="bankchurn",
    title="Bank churn",
    description="Probability that a customer of the bank closes the relationship.",
    task=Task.BINARY,
    target=Target(column="Exited", description="1 if the customer left"),
    features=BankChurnFeatures,
    identifiers=("RowNumber", "CustomerId", "Surname"),
    metrics=(
        Metric.ROC_AUC,
        Metric.PR_AUC,
        Metric.BRIER,
        Metric.LOG_LOSS,
        Metric.RECALL,
        Metric.PRECISION,
        Metric.PRECISION_AT_100,
        Metric.CALIBRATION_ERROR,
    ),
    gate=Gate(
        primary=Metric.ROC_AUC,
        minimum={Metric.ROC_AUC: 0.65},
        # A model that always says 0.5 has a Brier score of 0.25.
        maximum={Metric.BRIER: 0.25},
        # What 600 test rows can rule out: with less of it, two models that are alike are blocked.
        margin=0.04,
        # Models of a few hundred rows are off by 0.05 beyond chance one time in ten.
        calibration_error_maximum=0.08,
    ),
    # A group within which the ranking is no better than a coin is not served by this model.
    slices=Slices(
        columns={
            "Geography": (),
            "Gender": (),
            "Age": (30, 40, 50, 60),
            "NumOfProducts": (2, 3),
            "IsActiveMember": (1,),
        },
        metric=Metric.ROC_AUC,
        limit=0.5,
    ),
    # A retention call and a lost customer weigh about the same, so neither error is preferred.
    threshold=ThresholdRule(objective="f_beta", value=1.0),
)
