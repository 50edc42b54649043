"""What a model predicts."""

from enum import StrEnum
from typing import Self

from modelfleet.spec.tasks.binary import Binary
from modelfleet.spec.tasks.kind import TaskKind
from modelfleet.spec.tasks.multiclass import Multiclass
from modelfleet.spec.tasks.regression import Regression


class Task(StrEnum):
    """What a model predicts. `kind` says what follows from it; nothing else compares tasks."""

    kind: TaskKind

    BINARY = "binary", Binary()
    MULTICLASS = "multiclass", Multiclass()
    REGRESSION = "regression", Regression()

    def __new__(cls, name: str, kind: TaskKind) -> Self:
        """Let a member be its name, and carry its kind."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.kind = kind
        return member
