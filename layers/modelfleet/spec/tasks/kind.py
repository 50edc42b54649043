"""What every layer may ask of a task."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from modelfleet.spec.data_limits import Check
from modelfleet.spec.features import Target
from modelfleet.spec.metric import Metric

Labels = tuple[str, ...] | None
TargetFault = tuple[Check, str]
"""The rule that a target's value breaks, and the reason in words, which never hold the value."""


@dataclass(frozen=True, kw_only=True)
class TaskKind:
    """A task: facts, and functions of its target's values that need no library.

    Defaults are those of tasks whose score is a probability. How a task is measured, answered, and
    drafted is in the modules of its name in `statistics.tasks`, `serving.tasks`, `drafting.tasks`.
    """

    # The metrics that suit it.
    metrics: frozenset[Metric]
    # What is wrong with a target's labels, in words; empty where nothing is.
    label_fault: Callable[[Labels], str]
    # Reads a target's value, text or typed; a value with a fault must not be used.
    read: Callable[[Target, Any], tuple[Any, TargetFault | None]]
    # The entry of a data set's manifest on its target's values, which are one or more.
    summary: Callable[[Sequence[Any]], dict[str, Any]]
    # How the values are distributed, in words.
    distribution: Callable[[Counter[Any]], str]
    # The field of a bundle's manifest that holds the decision rule.
    rule_field: str
    # The names by which data sets and answers know the classes; none where they have none.
    classes: Callable[[Labels], tuple[str, ...]] = lambda _: ()
    # Each value that the target takes in a data set; none where any number will do.
    outcomes: Callable[[Labels], tuple[float | str, ...]] = lambda _: ()
    # The share of positives; `None` without a positive class or without values.
    positive_share: Callable[[Sequence[Any]], float | None] = lambda _: None
    # A data set's value as an outcome that `/feedback` takes.
    reported: Callable[[Any], Any] = lambda value: value
    # What rows with equal features and different outcomes have, in words; empty where such rows
    # are no fault.
    conflict: str = ""
    # Metrics measured on the holdout, and compared with the champion, whatever a spec lists.
    always_measured: tuple[Metric, ...] = (Metric.CALIBRATION_ERROR,)
    always_compared: tuple[Metric, ...] = (Metric.BRIER,)
    # Whether rows can be ranked by their scores.
    ranks: bool = False
    # Whether an answer may have low confidence.
    has_confidence: bool = True
    # Whether files spell the target as numbers.
    numeric_text: bool = False
    # The measure of how well a column predicts the target, and its value if it does not.
    power_measure: str = "ROC AUC"
    no_power: float = 0.5
    # The field of an answer that holds the score, and the score's bounds.
    score_field: str = "probability"
    score_range: tuple[float, float] = (0.0, 1.0)


def spelling(label: str) -> str:
    """One spelling for 1 and 1.0, and for Yes and yes."""
    try:
        return str(float(label))
    except ValueError:
        return label.casefold()


def name_fault(labels: Sequence[str]) -> str:
    """Why labels cannot be told apart, in words; empty where they can."""
    distinct = len({spelling(label) for label in labels}) == len(labels)
    return "" if distinct and all(map(str.strip, labels)) else "each class has a name of its own"


def most_frequent(counts: Counter[Any]) -> tuple[Any, float]:
    """The most frequent value and its share."""
    value, count = counts.most_common(1)[0]
    return value, count / counts.total()
