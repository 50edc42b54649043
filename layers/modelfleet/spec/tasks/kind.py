"""Interface of a task, available to every layer."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from modelfleet.spec.data_limits import Check
from modelfleet.spec.features import Target
from modelfleet.spec.metric import Metric
from modelfleet.spec.words import folded

Labels = tuple[str, ...] | None
TargetFault = tuple[Check, str]
"""The rule that a target value violates, and a message that never contains the value."""


@dataclass(frozen=True, kw_only=True)
class TaskKind:
    """A task: constants, and functions of target values that need no third-party library.

    The defaults suit tasks that predict probabilities. Metrics, answers, and drafts of a task are
    defined in the modules of the same name in `statistics.tasks`, `serving.tasks`, and
    `drafting.tasks`.
    """

    # Supported metrics.
    metrics: frozenset[Metric]
    # Return an error message if a target's labels are invalid, else an empty string.
    label_fault: Callable[[Labels], str]
    # Parse a target value of a class that is not excluded: text as spelled in files, or typed as in
    # data sets. If a fault is returned, the value must not be used.
    read: Callable[[Target, Any], tuple[Any, TargetFault | None]]
    # Parse a value reported as an outcome, in JSON; text is read as in files.
    read_outcome: Callable[[Target, Any], tuple[Any, TargetFault | None]]
    # Summarize one or more target values for a data set's manifest.
    summary: Callable[[Sequence[Any]], dict[str, Any]]
    # Describe the distribution of the values in a sentence.
    distribution: Callable[[Counter[Any]], str]
    # Name of the manifest field that holds the decision rule.
    rule_field: str
    # Names of the classes in answers' `class`, in the order of their labels; empty for numbers.
    names: Callable[[Labels], tuple[str, ...]] = lambda labels: labels or ()
    # Names of the classes in data sets; empty for tasks that store numbers.
    classes: Callable[[Labels], tuple[str, ...]] = lambda _: ()
    # All values that the target can have in a data set; empty if it can be any number.
    outcomes: Callable[[Labels], tuple[float | str, ...]] = lambda _: ()
    # Share of positives; `None` without a positive class or without values.
    positive_share: Callable[[Sequence[Any]], float | None] = lambda _: None
    # Convert a data set's value to an outcome that `/feedback` accepts.
    reported: Callable[[Target, Any], Any] = lambda _, value: value
    # Describes rows with equal features but different outcomes; empty if such rows are not an
    # error.
    conflict: str = ""
    # Metrics always measured on the holdout, and always compared with the champion, in addition
    # to those in the spec.
    always_measured: tuple[Metric, ...] = (Metric.CALIBRATION_ERROR,)
    always_compared: tuple[Metric, ...] = (Metric.BRIER,)
    # Whether rows can be ranked by score.
    ranks: bool = False
    # Whether answers can have low confidence.
    has_confidence: bool = True
    # Whether the target is numeric in files.
    numeric_text: bool = False
    # Measure of how well a column predicts the target, and its value for an uninformative column.
    power_measure: str = "ROC AUC"
    no_power: float = 0.5
    # Name of the answer's score field, and the bounds of the score.
    score_field: str = "probability"
    score_range: tuple[float, float] = (0.0, 1.0)


def spelling(label: str) -> str:
    """Normalize a label, so that 1 equals 1.0, and Yes equals yes and a yes among blanks."""
    try:
        return str(float(label))
    except ValueError:
        return folded(label)


def class_of(target: Target, value: str) -> str | None:
    """Return the declared class of a spelling, also of a merged one; `None` for others."""
    return _classes(target.labels or (), tuple(target.merge.items())).get(spelling(value))


def is_excluded(target: Target, value: Any) -> bool:
    """Return whether rows with this value are left out of data sets."""
    return bool(target.exclude) and spelling(str(value)) in _spelled(target.exclude)


@cache
def _classes(
    labels: tuple[str, ...], merge: tuple[tuple[str, tuple[str, ...]], ...]
) -> Mapping[str, str]:
    """Map normalized spellings to declared classes."""
    merged = {spelling(name): label for label, names in merge for name in names}
    return merged | {spelling(name): name for name in labels}


@cache
def _spelled(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(spelling, names))


def target_fault(target: Target) -> str:
    """Return an error message if merged or excluded classes contradict the labels."""
    if target.blank is not None and target.blank not in (target.labels or ()):
        return f"blank: {target.blank} is not among the labels"
    if unknown := sorted(set(target.merge) - set(target.labels or ())):
        return f"merge: {unknown[0]} is not among the labels"
    counted = Counter(map(spelling, target.spellings))
    if (target.merge or target.exclude) and counted and max(counted.values()) > 1:
        return f"{counted.most_common(1)[0][0]} is declared twice, in labels, merge, or exclude"
    return "" if target.labels or not target.exclude else "exclude: name the classes in labels"


def name_fault(labels: Sequence[str]) -> str:
    """Return an error message if labels are blank or not distinct, else an empty string."""
    distinct = len({spelling(label) for label in labels}) == len(labels)
    return "" if distinct and all(map(str.strip, labels)) else "each class has a name of its own"


def most_frequent(counts: Counter[Any]) -> tuple[Any, float]:
    """Return the most frequent value and its share."""
    value, count = counts.most_common(1)[0]
    return value, count / counts.total()
