"""API schemas of each task: its answers, and the outcome that `/feedback` accepts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, create_model

from functions.predict.schemas import (
    ClassificationAnswer,
    ClassificationBatchAnswer,
    ExplanationAnswer,
    FeedbackAnswer,
    Made,
    RegressionAnswer,
    RegressionBatchAnswer,
    RowError,
    bounds,
    class_outcome,
    number_outcome,
)
from modelfleet.spec.model import ModelSpec, Target, Task

_Probability = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True)
class AnswerKinds:
    """Response models of a task; `actual` is the field of an outcome, `example` a valid value."""

    single: type[BaseModel]
    batch: type[BaseModel]
    actual: Any
    example: Any
    explanation: type[BaseModel] = ExplanationAnswer
    feedback: type[BaseModel] = FeedbackAnswer


def answer_kinds(spec: ModelSpec) -> AnswerKinds:
    """Return the response models of a spec; those of multiclass models list the classes."""
    return ANSWER_KINDS[spec.task](spec.target)


def _binary(target: Target) -> AnswerKinds:
    outcome = class_outcome(target, Task.BINARY.kind)
    return AnswerKinds(ClassificationAnswer, ClassificationBatchAnswer, outcome, example=1)


def _regression(target: Target) -> AnswerKinds:
    example = next(iter(bounds(target).values()), 0.0)
    return AnswerKinds(RegressionAnswer, RegressionBatchAnswer, number_outcome(target), example)


def _multiclass(target: Target) -> AnswerKinds:
    return _class_answers(target)


ANSWER_KINDS: Mapping[Task, Callable[[Target], AnswerKinds]] = {
    Task.BINARY: _binary,
    Task.MULTICLASS: _multiclass,
    Task.REGRESSION: _regression,
}


@cache
def _class_answers(target: Target) -> AnswerKinds:
    # Built at run time, because the class names differ between models.
    classes = target.labels or ()
    named: Any = Literal[classes]
    probabilities: Any = dict[named, _Probability]
    label: Any = (named, Field(description="likeliest class"))
    of_the_label: Any = (_Probability, Field(description="probability of the class in label"))
    of_each: Any = (probabilities, Field(description="probability of each class; they sum to 1"))
    single = _derived(
        Made,
        "ClassAnswer",
        "Predicted class of one row, with the probability of each class.",
        prediction_id=(str, ...),
        label=label,
        class_=(named, Field(alias="class", description="the same as `label`")),
        probability=of_the_label,
        probabilities=of_each,
    )
    rows: Any = list[single | RowError]  # type: ignore[valid-type]  # made above
    batch = _derived(
        RegressionBatchAnswer,
        "ClassBatchAnswer",
        "Predicted classes of a batch, each at the index of its row.",
        predictions=(rows, ...),
    )
    explanation = _derived(
        ExplanationAnswer,
        "ClassExplanationAnswer",
        "Shapley values of the probability of the class in `label`.",
        label=label,
    )
    feedback = _derived(
        FeedbackAnswer, "ClassFeedbackAnswer", "The outcome is stored.", actual=named
    )
    actual = class_outcome(target, Task.MULTICLASS.kind)
    return AnswerKinds(single, batch, actual, classes[0], explanation, feedback)


def _derived(base: Any, name: str, doc: str, **fields: Any) -> type[BaseModel]:
    kind: type[BaseModel] = create_model(name, __base__=base, __doc__=doc, **fields)
    return kind
