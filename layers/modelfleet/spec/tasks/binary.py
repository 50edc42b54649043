"""Binary classification: 0 and 1 in data sets, regardless of how files spell the classes."""

from math import fsum, nan
from typing import Any

from modelfleet.spec.data_limits import Check
from modelfleet.spec.features import Target
from modelfleet.spec.metric import Metric
from modelfleet.spec.tasks.kind import Labels, TargetFault, TaskKind, class_of, name_fault

_TWO = 2
_SPELLINGS = {
    "0": 0.0, "0.0": 0.0, "no": 0.0, "false": 0.0,
    "1": 1.0, "1.0": 1.0, "yes": 1.0, "true": 1.0,
}  # fmt: skip


def _label_fault(labels: Labels) -> str:
    if labels is None or (fault := name_fault(labels)):
        return "" if labels is None else fault
    return "" if len(labels) == _TWO else f"{len(labels)} classes are no binary target"


def _read(target: Target, value: Any) -> tuple[Any, TargetFault | None]:
    """Parse a class as declared by the target; values that are not text have been parsed before."""
    spellings, told = _SPELLINGS, "0 or 1, or yes or no"
    if target.labels is not None and isinstance(value, str):
        negative, positive = target.labels
        spellings = {negative: 0.0, positive: 1.0}
        found = class_of(target, value)
        told = f"{negative} or {positive}"
        return (
            (spellings[found], None) if found else (nan, (Check.CATEGORIES, f"it must be {told}"))
        )
    label = spellings.get(str(value).casefold())
    return (nan, (Check.CATEGORIES, f"it must be {told}")) if label is None else (label, None)


KIND = TaskKind(
    metrics=frozenset(
        {
            *(Metric.ROC_AUC, Metric.PR_AUC, Metric.BRIER, Metric.LOG_LOSS),
            *(Metric.CALIBRATION_ERROR, Metric.RECALL, Metric.PRECISION),
            *(Metric.PRECISION_AT_25, Metric.PRECISION_AT_50, Metric.PRECISION_AT_100),
        }
    ),
    label_fault=_label_fault,
    read=_read,
    summary=lambda y: {"positive": int(sum(y)), "positive_share": fsum(y) / len(y)},
    distribution=lambda counts: f"{counts[1] / counts.total():.1%} of the rows are positive",
    rule_field="threshold",
    outcomes=lambda _: (0, 1),
    positive_share=lambda y: float(sum(y)) / len(y) if y else None,
    reported=int,
    conflict="both labels",
    ranks=True,
)
