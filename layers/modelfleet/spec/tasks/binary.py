"""Two classes, one of them the positive one."""

from collections import Counter
from collections.abc import Sequence
from math import fsum, nan
from typing import Any

from modelfleet.spec.data_limits import Check
from modelfleet.spec.metric import Metric
from modelfleet.spec.target import Target
from modelfleet.spec.tasks.kind import (
    SAME_NAME,
    ClassificationKind,
    TargetFault,
    are_distinct,
    spelling,
)

_TWO = 2
_SPELLINGS = {
    "0": 0.0, "0.0": 0.0, "no": 0.0, "false": 0.0,
    "1": 1.0, "1.0": 1.0, "yes": 1.0, "true": 1.0,
}  # fmt: skip


class Binary(ClassificationKind):
    """A target of 0 and 1 in data sets, whatever files call the two."""

    metrics = frozenset(
        {
            *(Metric.ROC_AUC, Metric.PR_AUC, Metric.BRIER, Metric.LOG_LOSS),
            *(Metric.CALIBRATION_ERROR, Metric.RECALL, Metric.PRECISION),
            *(Metric.PRECISION_AT_25, Metric.PRECISION_AT_50, Metric.PRECISION_AT_100),
        }
    )
    ranks = True
    rule_field = "threshold"
    conflict = "both labels"

    def label_fault(self, labels: tuple[str, ...] | None) -> str:
        """None are needed where files spell the classes as everybody does."""
        if labels is None:
            return ""
        if not are_distinct(labels):
            return SAME_NAME
        return "" if len(labels) == _TWO else f"{len(labels)} classes are no binary target"

    def classes(self, labels: tuple[str, ...] | None) -> tuple[str, ...]:
        """None: labels are what files say, and data sets and answers have 0 and 1."""
        return ()

    def outcomes(self, labels: tuple[str, ...] | None) -> tuple[float | str, ...]:
        """The negative and the positive class."""
        return 0, 1

    def read(self, target: Target, value: Any) -> tuple[Any, TargetFault | None]:
        """Files spell the classes as the target declares; what is no text has been read already."""
        spellings, told = _SPELLINGS, "0 or 1, or yes or no"
        if target.labels is not None and isinstance(value, str):
            negative, positive = target.labels
            spellings = {spelling(negative): 0.0, spelling(positive): 1.0}
            value, told = spelling(value), f"{negative} or {positive}"
        label = spellings.get(str(value).casefold())
        if label is None:
            return nan, (Check.CATEGORIES, f"it must be {told}")
        return label, None

    def reported(self, value: Any) -> Any:
        """0 or 1."""
        return int(value)

    def positive_share(self, values: Sequence[Any]) -> float | None:
        """The mean."""
        return float(sum(values)) / len(values) if values else None

    def summary(self, values: Sequence[Any]) -> dict[str, Any]:
        """The positives."""
        return {"positive": int(sum(values)), "positive_share": fsum(values) / len(values)}

    def most_frequent(self, counts: Counter[Any]) -> str:
        """The share of positives, which says that of the others."""
        return f"{counts[1] / counts.total():.1%} of the rows are positive"
