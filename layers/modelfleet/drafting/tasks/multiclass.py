"""Draft of a multiclass classification model."""

import math
import re
from collections import Counter

from modelfleet.drafting import limits
from modelfleet.drafting.column_values import ColumnValues
from modelfleet.drafting.plan import TablePlan, TargetPlan
from modelfleet.drafting.tasks.task_draft import (
    TaskDraft,
    calibration_error_maximum,
    is_measured,
    least_area,
    misfit,
    relative_margin,
    told,
)
from modelfleet.spec.errors import DatasetError
from modelfleet.spec.model import Gate, Metric, Task
from modelfleet.spec.tasks.multiclass import CLASSES_MAXIMUM

_TWO = 2


def _plan(column: ColumnValues, counts: Counter[str], positive: str | None) -> TargetPlan:
    if fault := _fault(counts, positive):
        raise DatasetError(f"{column.name}: {fault}")
    # In an integer column with missing values, classes are written as 1.0.
    counts = Counter({_whole(name): count for name, count in counts.items()})
    names = sorted(counts, key=lambda name: (_as_number(name), name.casefold()))
    hint = "" if column.numbers is None else "; if it is a number, add: --task regression"
    return TargetPlan(
        column=column.name,
        task=Task.MULTICLASS,
        reason=f"{len(counts)} classes: {told(counts)}{hint}",
        labels=tuple(names),
        shares=tuple(counts[name] / counts.total() for name in names),
    )


def _fault(counts: Counter[str], positive: str | None) -> str:
    """Return why the classes do not make a multiclass target, or an empty string."""
    if len(counts) == _TWO:
        return "it has two classes, so its task is binary"
    if len(counts) > CLASSES_MAXIMUM or positive is not None:
        return misfit(counts)
    least = limits.class_rows_minimum(len(counts))
    if rare := {name: count for name, count in counts.items() if count < least}:
        return f"too few rows of {told(Counter(rare))}; {least} of each class are needed"
    return ""


def _whole(text: str) -> str:
    found = re.fullmatch(r"(-?\d+)\.0+", text)
    return found[1] if found else text


def _as_number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        return math.inf
    return math.inf if math.isnan(number) else number


def _gate(plan: TablePlan, expected: float) -> Gate:
    """Limit the log loss to that of predicting the class frequencies."""
    entropy = -sum(share * math.log(share) for share in plan.target.shares)
    return Gate(
        primary=Metric.LOG_LOSS,
        minimum={Metric.ROC_AUC_OVR: least_area(expected)},
        maximum={Metric.LOG_LOSS: math.ceil(entropy * 100) / 100},
        margin=relative_margin(plan),
        relative_margin=True,
        calibration_error_maximum=calibration_error_maximum(plan),
    )


def _sentences(target: TargetPlan, expected: float) -> dict[str, str]:
    return {
        "description": f"Predicts {target.column}.",
        "target_description": f"One of {len(target.spellings)} classes",
        "gate_reason": f"Halfway between random and the {expected:.2f} of a baseline model; "
        "the log loss must be below that of the class frequencies.",
        "slices_reason": "In each slice, the model must do better than guessing among the classes.",
    }


DRAFT = TaskDraft(
    suits=lambda column, classes: classes > _TWO and not is_measured(column),
    plan=_plan,
    metrics=lambda _: (
        *(Metric.LOG_LOSS, Metric.ROC_AUC_OVR, Metric.ACCURACY, Metric.BALANCED_ACCURACY),
        *(Metric.F1_MACRO, Metric.BRIER, Metric.CALIBRATION_ERROR),
    ),
    gate=_gate,
    slices=lambda plan: (Metric.LOG_LOSS, math.ceil(math.log(len(plan.classes)) * 100) / 100),
    sentences=_sentences,
    # Averaged over the classes, one of which may be easy.
    leak_power=0.98,
)
