"""Names and dimensions of the drift function's metrics."""

from enum import StrEnum


class DriftMetric(StrEnum):
    """Metrics of the drift function, one value per run, with and without the version.

    By model: `drift_runs` is 1 for each completed run, so that a missing run can be detected;
    `drift_found` is 1 if the decision was to warn or to retrain, otherwise 0; `current_rows` is the
    number of predictions in the window; `drifted_share` the share of watched features that have
    drifted; `labels_share` the share of predictions with a reported outcome.

    By model and feature: `drift_score`, the population stability index minus its expected value
    under no drift. By model and metric, such as `roc_auc`: `realised_performance`, measured on
    reported outcomes, and `expected_performance`, estimated from calibrated scores. By model and
    class, for multiclass models: `class_share`, the share of predictions of this class.
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
    """Dimensions of the drift metrics."""

    MODEL = "model"
    VERSION = "version"
    FEATURE = "feature"
    METRIC = "metric"
    CLASS = "class"


# The additional dimension of each metric, besides the model and the version.
SPLIT_BY = {
    DriftMetric.DRIFT_SCORE: DriftDimension.FEATURE,
    DriftMetric.REALISED_PERFORMANCE: DriftDimension.METRIC,
    DriftMetric.EXPECTED_PERFORMANCE: DriftDimension.METRIC,
    DriftMetric.CLASS_SHARE: DriftDimension.CLASS,
}

# In place of a feature's name: the model's predictions,
PREDICTION = "(prediction)"
# and the predicted class of a multiclass model.
ANSWERED_CLASS = "(class)"


def dimension_sets(metric: DriftMetric) -> tuple[tuple[DriftDimension, ...], ...]:
    """Return the dimension sets that a metric is published under.

    CloudWatch does not aggregate over dimensions, and an alarm needs a set that does not change
    with a release. The drift alarm covers all models of a stage and needs a set without dimensions.
    """
    split = (SPLIT_BY[metric],) if metric in SPLIT_BY else ()
    model, version = DriftDimension.MODEL, DriftDimension.VERSION
    of_stage = ((),) if metric is DriftMetric.DRIFT_FOUND else ()
    return ((model, version, *split), (model, *split), *of_stage)
