"""Names and dimensions of the drift function's metrics."""

from enum import StrEnum


class DriftMetric(StrEnum):
    """Metrics of the drift function, one value a run each, with and without the version.

    By model: `drift_runs` is 1 for each run that came to an end, whatever it found, so that a
    missing one can be told; `drift_found` is 1 where its decision was to warn or to retrain, else
    0; `current_rows` counts the predictions that were looked at; `drifted_share` is of the watched
    features; `labels_share` of the predictions whose outcome has been reported.

    By model and feature: `drift_score`, the population stability index net of what chance alone
    makes. By model and metric, such as `roc_auc`: `realised_performance`, measured on reported
    outcomes, and `expected_performance`, told from the calibrated scores. By model and class, where
    there are more than two: `class_share`, of the predictions that were looked at.
    """

    DRIFT_RUNS = "drift_runs"
    DRIFT_FOUND = "drift_found"
    CURRENT_ROWS = "current_rows"
    DRIFTED_SHARE = "drifted_share"
    LABELS_SHARE = "labels_share"
    DRIFT_SCORE = "drift_score"
    REALISED_PERFORMANCE = "realised_performance"
    EXPECTED_PERFORMANCE = "expected_performance"
    CLASS_SHARE = "class_share"


class DriftDimension(StrEnum):
    """What the metrics of watching are split by."""

    MODEL = "model"
    VERSION = "version"
    FEATURE = "feature"
    METRIC = "metric"
    CLASS = "class"


# By what each metric is split beside the model and, in a second set, the version.
SPLIT_BY = {
    DriftMetric.DRIFT_SCORE: DriftDimension.FEATURE,
    DriftMetric.REALISED_PERFORMANCE: DriftDimension.METRIC,
    DriftMetric.EXPECTED_PERFORMANCE: DriftDimension.METRIC,
    DriftMetric.CLASS_SHARE: DriftDimension.CLASS,
}

# What the model's answers are called where features have names.
PREDICTION = "(prediction)"
# … and which of more than two classes they name.
ANSWERED_CLASS = "(class)"


def dimension_sets(metric: DriftMetric) -> tuple[tuple[DriftDimension, ...], ...]:
    """The sets of dimensions that a metric is measured under.

    CloudWatch adds nothing up over dimensions, and an alarm needs a name that no release changes;
    that on drift is one for all models of a stage.
    """
    split = (SPLIT_BY[metric],) if metric in SPLIT_BY else ()
    model, version = DriftDimension.MODEL, DriftDimension.VERSION
    of_stage = ((),) if metric is DriftMetric.DRIFT_FOUND else ()
    return ((model, version, *split), (model, *split), *of_stage)
