"""Draft of a binary classification model."""

import math
from collections import Counter

from modelfleet.drafting import limits
from modelfleet.drafting.column_values import ColumnValues
from modelfleet.drafting.plan import TablePlan, TargetPlan
from modelfleet.drafting.tasks.task_draft import (
    TEST_SHARE,
    TaskDraft,
    calibration_error_maximum,
    is_measured,
    least_area,
    margin,
    misfit,
)
from modelfleet.spec.errors import DatasetError
from modelfleet.spec.model import Gate, Metric, Task
from modelfleet.spec.tasks.kind import spelling
from modelfleet.spec.words import folded
from modelfleet.tables.columns.words import AMBIGUOUS, NO, YES

_TWO = 2
_NO_SUCH = frozenset({"none", "kein", "keine", "nothing", "-"})
_NEGATIONS = ("not", "no", "non", "nicht", "kein", "keine", "pas", "sin", "senza")
# Spellings that need no labels, which are the names of the classes in answers.
_UNDERSTOOD = ("0.0", "1.0")
# With a rarer positive class the primary metric is PR AUC, as ROC AUC hardly reflects rare classes.
_RARE = 0.1


def _plan(column: ColumnValues, counts: Counter[str], positive: str | None) -> TargetPlan:
    if len(counts) > _TWO:
        raise DatasetError(f"{column.name}: {misfit(counts)}")
    (more, often), (less, seldom) = counts.most_common()
    chosen, reason = _positive(more, less, positive)
    negative = more if chosen == less else less
    if min(often, seldom) < limits.CLASS_ROWS_MINIMUM:
        raise DatasetError(
            f"{column.name}: too few rows of class {less}: {seldom} of {limits.CLASS_ROWS_MINIMUM}"
        )
    understood = (spelling(negative), spelling(chosen)) == _UNDERSTOOD
    return TargetPlan(
        column=column.name,
        task=Task.BINARY,
        reason=f"two classes, of which {chosen} is the positive one: {reason}",
        labels=None if understood else (negative, chosen),
        negative=negative,
        positive=chosen,
        positive_share=counts[chosen] / counts.total(),
    )


def _positive(more: str, less: str, asked: str | None) -> tuple[str, str]:
    if asked is not None:
        found = [label for label in (more, less) if label.casefold() == asked.casefold()]
        if not found:
            raise DatasetError(f"no class {asked}; the classes are {more} and {less}")
        return found[0], "you say so"
    pairs = ((more, less), (less, more))
    for rule in (_is_other_than_zero, _is_true, _is_other_than_no):
        positive = [label for label, other in pairs if rule(label, other)]
        if len(positive) == 1:
            return positive[0], "its name says so"
    return less, "it is the rarer one"


def _is_other_than_zero(label: str, other: str) -> bool:
    return spelling(other) == "0.0" != spelling(label) and _is_number(label)


def _is_number(label: str) -> bool:
    return spelling(label).replace(".", "", 1).isdecimal()


def _is_other_than_no(label: str, other: str) -> bool:
    own, opposite = folded(label), folded(other)
    return (
        opposite in NO
        or opposite in _NO_SUCH
        or opposite in {f"{word} {own}" for word in _NEGATIONS}
    )


def _is_true(label: str, other: str) -> bool:
    word = folded(label)
    if _is_number(label) and _is_number(other):
        return False
    return word in YES and (word not in AMBIGUOUS or folded(other) in NO)


def _gate(plan: TablePlan, expected: float) -> Gate:
    tested, share = plan.rows * TEST_SHARE, plan.target.positive_share or 0.5
    return Gate(
        primary=Metric.PR_AUC if share < _RARE else Metric.ROC_AUC,
        minimum={Metric.ROC_AUC: least_area(expected)},
        maximum={Metric.BRIER: 0.25},
        margin=margin(2 * _auc_error(expected, share * tested, (1 - share) * tested)),
        calibration_error_maximum=calibration_error_maximum(plan),
    )


def _auc_error(auc: float, positives: float, negatives: float) -> float:
    """Return the standard error of a ROC AUC (Hanley and McNeil 1982)."""
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    spread = (positives - 1) * (q1 - auc**2) + (negatives - 1) * (q2 - auc**2)
    return math.sqrt(max(auc * (1 - auc) + spread, 0.0) / (positives * negatives))


def _sentences(target: TargetPlan, expected: float) -> dict[str, str]:
    return {
        "description": f"Probability that {target.column} is {target.positive}.",
        "target_description": f"1 if it is {target.positive}",
        "gate_reason": f"Halfway between random and the {expected:.2f} of a baseline model.",
        "slices_reason": "In each slice, the ranking must be better than random.",
    }


DRAFT = TaskDraft(
    suits=lambda column, classes: classes == _TWO and not is_measured(column),
    plan=_plan,
    metrics=lambda _: (
        *(Metric.ROC_AUC, Metric.PR_AUC, Metric.BRIER, Metric.LOG_LOSS, Metric.RECALL),
        *(Metric.PRECISION, Metric.PRECISION_AT_100, Metric.CALIBRATION_ERROR),
    ),
    gate=_gate,
    slices=lambda _: (Metric.ROC_AUC, 0.5),
    sentences=_sentences,
)
