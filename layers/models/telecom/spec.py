"""Should this customer be offered the Ultra plan: one row per customer and month."""

from modelfleet.spec.features import Features, number
from modelfleet.spec.model import (
    Gate,
    Metric,
    ModelSpec,
    Resampling,
    Slices,
    Target,
    Task,
    ThresholdRule,
)


class TelecomFeatures(Features):
    """A customer's use of the network in one month."""

    calls: float = number(
        "Calls made", minimum=0, maximum=10_000, example=40, unit="calls per month"
    )
    minutes: float = number(
        "Duration of all calls", minimum=0, maximum=44_640, example=311.9, unit="minutes per month"
    )
    messages: float = number(
        "Text messages sent", minimum=0, maximum=100_000, example=83, unit="messages per month"
    )
    mb_used: float = number(
        "Mobile data used", minimum=0, maximum=1_000_000, example=19915.42, unit="MB per month"
    )


SPEC = ModelSpec(
    name="telecom",
    title="Ultra plan",
    description="Probability that the Ultra plan fits a customer's use better than the Smart plan.",
    task=Task.BINARY,
    target=Target(column="is_ultra", description="1 if the customer has the Ultra plan"),
    features=TelecomFeatures,
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
        # The threshold is chosen for recall 0.70 out of fold; the candidate's test rows may
        # miss that by chance, a broken threshold misses it by far.
        minimum={Metric.ROC_AUC: 0.65, Metric.RECALL: 0.6},
        # A model that always says 0.5 has a Brier score of 0.25.
        maximum={Metric.BRIER: 0.25},
        # What 600 test rows can rule out: with less of it, two models that are alike are blocked.
        margin=0.04,
        calibration_error_maximum=0.05,
    ),
    # A group within which the ranking is no better than a coin is not served by this model.
    slices=Slices(
        columns={
            "calls": (40, 80),
            "messages": (1, 50),
            "mb_used": (10_000, 20_000),
        },
        metric=Metric.ROC_AUC,
        limit=0.5,
    ),
    # Ultra customers are outnumbered 2.26 to 1, so the ratio rule applies.
    resampling=Resampling(method="smote", imbalance_ratio=2.0),
    calibration="sigmoid",
    # An offer is cheap and a missed Ultra customer is not: the business asks for recall.
    threshold=ThresholdRule(objective="recall_at_least", value=0.70),
)
