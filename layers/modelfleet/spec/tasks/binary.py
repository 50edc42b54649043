"""Binary classification: 0 and 1 in data sets, regardless of how files spell the classes."""

from collections.abc import Mapping
from functools import cache
from math import fsum, nan
from typing import Any

from modelfleet.spec.categories import as_text
from modelfleet.spec.data_limits import Check
from modelfleet.spec.features import Target
from modelfleet.spec.metric import Metric
from modelfleet.spec.tasks.kind import Labels, TargetFault, TaskKind, class_of, name_fault, spelling

_TWO = 2
_NUMBERED = ("0", "1")
_STANDARD = {"0.0": 0.0, "no": 0.0, "false": 0.0, "1.0": 1.0, "yes": 1.0, "true": 1.0}


def _label_fault(labels: Labels) -> str:
    if labels is None or (fault := name_fault(labels)):
        return "" if labels is None else fault
    return "" if len(labels) == _TWO else f"{len(labels)} classes are no binary target"


def _read(target: Target, value: Any) -> tuple[Any, TargetFault | None]:
    """Parse a class as spelled in files; values that are not text have been parsed before."""
    text = isinstance(value, str)
    if text and target.merge:
        value = class_of(target, value) or value
    known = _spellings(target.labels) if text else _STANDARD
    label = known.get(spelling(value if text else str(value)))
    if label is None:
        return nan, (Check.CATEGORIES, f"it must be {_listed(target.labels)}")
    return label, None


def _read_outcome(target: Target, value: Any) -> tuple[Any, TargetFault | None]:
    """Parse a class as clients report it: as spelled in files, or as the `label` of an answer.

    Where a class is called 1 and is not the one with the label 1, the number could mean both. Then
    numbers are refused, and a text is the class of that name.
    """
    if isinstance(value, str):
        return _read(target, value)
    label = _numbered(target.labels, value)
    if label is not None:
        return label, None
    numbers = "as text" if _contradicts(target.labels) else "or 0 or 1"
    listed = _listed(target.labels)
    told = listed if target.labels is None else f"{listed}, {numbers}"
    return nan, (Check.CATEGORIES, f"it must be {told}")


def _numbered(labels: Labels, value: Any) -> float | None:
    """Return the class that a number, or true or false, stands for; `None` if it could be both."""
    if isinstance(value, bool):
        return float(value) if "true" in _spellings(labels) else None
    if isinstance(value, int | float) and value in (0, 1):
        return None if _contradicts(labels) else float(value)
    text = as_text(value)
    return _spellings(labels).get(spelling(text)) if isinstance(text, str) else None


@cache
def _spellings(labels: Labels) -> Mapping[str, float]:
    """Map normalized spellings to classes.

    Labels such as yes and no may also be spelled 1 and 0, or true and false. Those of other labels
    could mean either class, and are refused.
    """
    if labels is None:
        return _STANDARD
    own = {spelling(label): float(place) for place, label in enumerate(labels)}
    return _STANDARD | own if own.items() <= _STANDARD.items() else own


def _contradicts(labels: Labels) -> bool:
    """Return whether a class is called by a word or number that usually stands for the other."""
    return any(
        _STANDARD.get(spelling(label), place) != place for place, label in enumerate(labels or ())
    )


def _listed(labels: Labels) -> str:
    if labels is None:
        return "0 or 1, or no or yes, or false or true"
    return " or ".join(labels)


def _reported(target: Target, value: Any) -> Any:
    names = target.labels
    return names[int(value)] if names is not None and _contradicts(names) else int(value)


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
    read_outcome=_read_outcome,
    names=lambda labels: labels or _NUMBERED,
    summary=lambda y: {"positive": int(sum(y)), "positive_share": fsum(y) / len(y)},
    distribution=lambda counts: f"{counts[1] / counts.total():.1%} of the rows are positive",
    rule_field="threshold",
    outcomes=lambda _: (0, 1),
    positive_share=lambda y: float(sum(y)) / len(y) if y else None,
    reported=_reported,
    conflict="both labels",
    ranks=True,
)
