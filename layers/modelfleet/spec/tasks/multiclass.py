"""More than two classes, known by their names."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from math import nan
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
    top_share,
)

CLASSES_MAXIMUM = 50
_TWO = 2


class Multiclass(ClassificationKind):
    """A target of declared class names."""

    metrics = frozenset(
        {
            *(Metric.LOG_LOSS, Metric.ROC_AUC_OVR, Metric.BRIER, Metric.CALIBRATION_ERROR),
            *(Metric.ACCURACY, Metric.BALANCED_ACCURACY, Metric.F1_MACRO),
        }
    )
    rule_field = "classes"
    conflict = "several labels"

    def label_fault(self, labels: tuple[str, ...] | None) -> str:
        """All are needed."""
        if labels is None:
            return "name every class"
        if not are_distinct(labels):
            return SAME_NAME
        if not _TWO < len(labels) <= CLASSES_MAXIMUM:
            return (
                f"there are {len(labels)} classes; a multiclass target has 3 to {CLASSES_MAXIMUM}"
            )
        return ""

    def classes(self, labels: tuple[str, ...] | None) -> tuple[str, ...]:
        """The labels, in the order of their probabilities."""
        return labels or ()

    def outcomes(self, labels: tuple[str, ...] | None) -> tuple[float | str, ...]:
        """The labels."""
        return labels or ()

    def read(self, target: Target, value: Any) -> tuple[Any, TargetFault | None]:
        """Take a class by its name, as the target declares it."""
        classes = self.classes(target.labels)
        found = _names(classes).get(spelling(str(value)))
        if found is None:
            told = " or ".join(filter(None, (", ".join(classes[:-1]), classes[-1])))
            return nan, (Check.CATEGORIES, f"it must be {told}")
        return found, None

    def summary(self, values: Sequence[Any]) -> dict[str, Any]:
        """The rows of each class."""
        return {"rows": dict(Counter(values).most_common())}

    def most_frequent(self, counts: Counter[Any]) -> str:
        """The largest class."""
        value, share = top_share(counts)
        return f"the most frequent class, {value}, makes {share:.1%} of the rows"


@cache
def _names(classes: tuple[str, ...]) -> Mapping[str, str]:
    """Each class's name by the one spelling that all of its spellings share."""
    return {spelling(name): name for name in classes}
