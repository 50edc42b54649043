"""What every layer may ask of a task."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Protocol

from modelfleet.spec.data_limits import Check
from modelfleet.spec.metric import Metric
from modelfleet.spec.target import Target

TargetFault = tuple[Check, str]
"""The rule that a target's value breaks, and the reason in words, which never hold the value."""


class TaskKind(Protocol):
    """A task: facts, and functions of its target's values that need no library.

    How it is measured, answered, and drafted is in the modules of the same name in
    `statistics.tasks`, `serving.tasks`, and `drafting.tasks`.

    Attributes
    ----------
    metrics
        The metrics that suit it.
    always_measured, always_compared
        Metrics measured on the holdout, and compared with the champion, whatever a spec lists.
    ranks
        Whether rows can be ranked by their scores.
    has_confidence
        Whether an answer may have low confidence; otherwise it has an interval.
    numeric_text
        Whether files spell the target as numbers.
    power_measure, no_power
        The measure of how well a column predicts the target, and its value for one that does not.
    score_field, score_range
        The field of an answer that holds the score, and the score's bounds.
    rule_field
        The field of a bundle's manifest that holds the decision rule.
    conflict
        What rows with equal features and different outcomes have, in words; empty where such rows
        are no fault.
    """

    metrics: frozenset[Metric]
    always_measured: tuple[Metric, ...]
    always_compared: tuple[Metric, ...]
    ranks: bool
    has_confidence: bool
    numeric_text: bool
    power_measure: str
    no_power: float
    score_field: str
    score_range: tuple[float, float]
    rule_field: str
    conflict: str

    def label_fault(self, labels: tuple[str, ...] | None) -> str:
        """What is wrong with a target's labels, in words; empty where nothing is."""
        ...

    def classes(self, labels: tuple[str, ...] | None) -> tuple[str, ...]:
        """The names by which data sets and answers know the classes; none where they have none."""
        ...

    def outcomes(self, labels: tuple[str, ...] | None) -> tuple[float | str, ...]:
        """Each value that the target takes in a data set; none where any number will do."""
        ...

    def read(self, target: Target, value: Any) -> tuple[Any, TargetFault | None]:
        """Read a target's value, as text or typed; a value with a fault is NaN or out of range."""
        ...

    def reported(self, value: Any) -> Any:
        """A data set's value as an outcome that `/feedback` takes."""
        return value

    def positive_share(self, values: Sequence[Any]) -> float | None:
        """The share of positives; `None` where there is no positive class, or no value."""
        return None

    def summary(self, values: Sequence[Any]) -> dict[str, Any]:
        """What a data set's manifest says of its target; at least one value."""
        ...

    def most_frequent(self, counts: Counter[Any]) -> str:
        """The distribution of the target, in words; at least one value."""
        ...


class ClassificationKind(TaskKind):
    """What tasks share whose target is one of some classes, and whose score is a probability."""

    always_measured = (Metric.CALIBRATION_ERROR,)
    always_compared = (Metric.BRIER,)
    ranks = False
    has_confidence = True
    numeric_text = False
    power_measure = "ROC AUC"
    no_power = 0.5
    score_field = "probability"
    score_range = (0.0, 1.0)


def spelling(label: str) -> str:
    """One spelling for 1 and 1.0, and for Yes and yes."""
    try:
        return str(float(label))
    except ValueError:
        return label.casefold()


def are_distinct(labels: Sequence[str]) -> bool:
    """Whether each class has a name of its own."""
    return len({spelling(label) for label in labels}) == len(labels) and all(map(str.strip, labels))


SAME_NAME = "each class has a name of its own"


def top_share(counts: Counter[Any]) -> tuple[Any, float]:
    """The most frequent value, and its share."""
    value, count = counts.most_common(1)[0]
    return value, count / counts.total()
