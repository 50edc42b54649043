"""What every layer may ask of a task."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from modelfleet.spec.data_limits import Check
from modelfleet.spec.metric import Metric
from modelfleet.spec.target import Target

Labels = tuple[str, ...] | None
TargetFault = tuple[Check, str]
"""The rule that a target's value breaks, and the reason in words, which never hold the value."""


@dataclass(frozen=True, kw_only=True)
class TaskKind:
    """A task: facts, and functions of its target's values that need no library.

    Defaults are those of tasks whose score is a probability. How a task is measured, answered, and
    drafted is in the modules of its name in `statistics.tasks`, `serving.tasks`, `drafting.tasks`.

    Attributes
    ----------
    metrics
        The metrics that suit it.
    label_fault
        What is wrong with a target's labels, in words; empty where nothing is.
    read
        Reads a target's value, as text or typed; a value that breaks a rule must not be used.
    summary
        What a data set's manifest says of its target's values; at least one.
    distribution
        How the values are distributed, in words.
    rule_field
        The field of a bundle's manifest that holds the decision rule.
    classes
        The names by which data sets and answers know the classes; none where they have none.
    outcomes
        Each value that the target takes in a data set; none where any number will do.
    positive_share
        The share of positives; `None` without a positive class or without values.
    reported
        A data set's value as an outcome that `/feedback` takes.
    conflict
        What rows with equal features and different outcomes have, in words; empty where such rows
        are no fault.
    always_measured, always_compared
        Metrics measured on the holdout, and compared with the champion, whatever a spec lists.
    ranks
        Whether rows can be ranked by their scores.
    has_confidence
        Whether an answer may have low confidence.
    numeric_text
        Whether files spell the target as numbers.
    power_measure, no_power
        How it is said how well a column predicts the target, and what one that does not has.
    score_field, score_range
        The field of an answer that holds the score, and the score's bounds.
    """

    metrics: frozenset[Metric]
    label_fault: Callable[[Labels], str]
    read: Callable[[Target, Any], tuple[Any, TargetFault | None]]
    summary: Callable[[Sequence[Any]], dict[str, Any]]
    distribution: Callable[[Counter[Any]], str]
    rule_field: str
    classes: Callable[[Labels], tuple[str, ...]] = lambda _: ()
    outcomes: Callable[[Labels], tuple[float | str, ...]] = lambda _: ()
    positive_share: Callable[[Sequence[Any]], float | None] = lambda _: None
    reported: Callable[[Any], Any] = lambda value: value
    conflict: str = ""
    always_measured: tuple[Metric, ...] = (Metric.CALIBRATION_ERROR,)
    always_compared: tuple[Metric, ...] = (Metric.BRIER,)
    ranks: bool = False
    has_confidence: bool = True
    numeric_text: bool = False
    power_measure: str = "ROC AUC"
    no_power: float = 0.5
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
