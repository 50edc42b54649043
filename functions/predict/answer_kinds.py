"""The response models of a task."""

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
)
from modelfleet.spec.model import ModelSpec, Task

_Probability = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True)
class AnswerKinds:
    """The classes that declare the answers."""

    single: type[BaseModel]
    batch: type[BaseModel]
    explanation: type[BaseModel] = ExplanationAnswer
    feedback: type[BaseModel] = FeedbackAnswer


def answer_kinds(spec: ModelSpec) -> AnswerKinds:
    """What a model answers; of more than two classes the schema names each."""
    if spec.task is Task.BINARY:
        return AnswerKinds(ClassificationAnswer, ClassificationBatchAnswer)
    if spec.task is Task.REGRESSION:
        return AnswerKinds(RegressionAnswer, RegressionBatchAnswer)
    return _class_answers(spec.classes)


@cache
def _class_answers(classes: tuple[str, ...]) -> AnswerKinds:
    # The names are the model's own, so that no class could be written for them.
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
    return AnswerKinds(single, batch, explanation, feedback)


def _derived(base: Any, name: str, doc: str, **fields: Any) -> type[BaseModel]:
    kind: type[BaseModel] = create_model(name, __base__=base, __doc__=doc, **fields)
    return kind
