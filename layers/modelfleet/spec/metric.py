"""Metrics of a model."""

from enum import StrEnum


class Metric(StrEnum):
    """Measures of a model on held-out rows, named as scikit-learn names them where it does."""

    ROC_AUC = "roc_auc"
    ROC_AUC_OVR = "roc_auc_ovr"
    PR_AUC = "pr_auc"
    BRIER = "brier"
    LOG_LOSS = "log_loss"
    CALIBRATION_ERROR = "calibration_error"
    RECALL = "recall"
    PRECISION = "precision"
    PRECISION_AT_25 = "precision_at_25"
    PRECISION_AT_50 = "precision_at_50"
    PRECISION_AT_100 = "precision_at_100"
    ACCURACY = "accuracy"
    BALANCED_ACCURACY = "balanced_accuracy"
    F1_MACRO = "f1_macro"
    RMSE = "rmse"
    MAE = "mae"
    MAPE = "mape"
    R2 = "r2"
    INTERVAL_COVERAGE = "interval_coverage"

    @property
    def higher_is_better(self) -> bool:
        """Whether more of it is a better model."""
        return self not in _LOWER_IS_BETTER


_LOWER_IS_BETTER = frozenset(
    {
        Metric.BRIER,
        Metric.LOG_LOSS,
        Metric.CALIBRATION_ERROR,
        Metric.RMSE,
        Metric.MAE,
        Metric.MAPE,
    }
)
