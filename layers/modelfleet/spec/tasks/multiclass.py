"""Multiclass classification: three or more named classes."""

from collections import Counter
from math import nan
from typing import Any

from modelfleet.spec.data_limits import Check
from modelfleet.spec.features import Target
from modelfleet.spec.metric import Metric
from modelfleet.spec.tasks.kind import (
    Labels,
    TargetFault,
    TaskKind,
    class_of,
    most_frequent,
    name_fault,
)

CLASSES_MAXIMUM = 50
_TWO = 2


def _label_fault(labels: Labels) -> str:
    if labels is None:
        return "name every class"
    if fault := name_fault(labels):
        return fault
    if _TWO < len(labels) <= CLASSES_MAXIMUM:
        return ""
    return f"there are {len(labels)} classes; a multiclass target has 3 to {CLASSES_MAXIMUM}"


def _read(target: Target, value: Any) -> tuple[Any, TargetFault | None]:
    """Parse a class name as declared by the target."""
    classes = target.labels or ()
    found = class_of(target, str(value))
    if found is not None:
        return found, None
    told = " or ".join(filter(None, (", ".join(classes[:-1]), classes[-1])))
    return nan, (Check.CATEGORIES, f"it must be {told}")


def _distribution(counts: Counter[Any]) -> str:
    value, share = most_frequent(counts)
    return f"the most frequent class, {value}, makes {share:.1%} of the rows"


KIND = TaskKind(
    metrics=frozenset(
        {
            *(Metric.LOG_LOSS, Metric.ROC_AUC_OVR, Metric.BRIER, Metric.CALIBRATION_ERROR),
            *(Metric.ACCURACY, Metric.BALANCED_ACCURACY, Metric.F1_MACRO),
        }
    ),
    label_fault=_label_fault,
    read=_read,
    read_outcome=_read,
    summary=lambda names: {"rows": dict(Counter(names).most_common())},
    distribution=_distribution,
    rule_field="classes",
    classes=lambda labels: labels or (),
    outcomes=lambda labels: labels or (),
    conflict="several labels",
)
