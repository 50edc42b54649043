"""Tasks and the metrics that suit them."""

from enum import StrEnum

CLASSES_MAXIMUM = 50
_TWO = 2


class Task(StrEnum):
    """What a model predicts."""

    BINARY = "binary"
    MULTICLASS = "multiclass"
    REGRESSION = "regression"

    @property
    def has_classes(self) -> bool:
        """Whether the target is one of some classes, and the answer a probability."""
        return self is not Task.REGRESSION

    @property
    def power_measure(self) -> str:
        """In what it is told how well a column, or a plain model, predicts the target."""
        return "ROC AUC" if self.has_classes else "R²"


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


MEASURES = {
    Task.BINARY: frozenset(
        {
            *(Metric.ROC_AUC, Metric.PR_AUC, Metric.BRIER, Metric.LOG_LOSS),
            *(Metric.CALIBRATION_ERROR, Metric.RECALL, Metric.PRECISION),
            *(Metric.PRECISION_AT_25, Metric.PRECISION_AT_50, Metric.PRECISION_AT_100),
        }
    ),
    Task.MULTICLASS: frozenset(
        {
            *(Metric.LOG_LOSS, Metric.ROC_AUC_OVR, Metric.BRIER, Metric.CALIBRATION_ERROR),
            *(Metric.ACCURACY, Metric.BALANCED_ACCURACY, Metric.F1_MACRO),
        }
    ),
    Task.REGRESSION: frozenset(
        {Metric.RMSE, Metric.MAE, Metric.MAPE, Metric.R2, Metric.INTERVAL_COVERAGE}
    ),
}
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


def label_fault(task: Task, labels: tuple[str, ...] | None) -> str:
    """What is wrong with a target's labels for its task, in words; empty where nothing is."""
    if task is Task.REGRESSION:
        return "" if labels is None else "a number has no classes"
    if labels is None:
        return "" if task is Task.BINARY else "name every class"
    if len({spelling(label) for label in labels}) < len(labels) or not all(map(str.strip, labels)):
        return "each class has a name of its own"
    if task is Task.BINARY:
        return "" if len(labels) == _TWO else f"{len(labels)} classes are no binary target"
    if not _TWO < len(labels) <= CLASSES_MAXIMUM:
        return f"there are {len(labels)} classes; a multiclass target has 3 to {CLASSES_MAXIMUM}"
    return ""


def spelling(label: str) -> str:
    """One spelling for 1 and 1.0, and for Yes and yes."""
    try:
        return str(float(label))
    except ValueError:
        return label.casefold()
