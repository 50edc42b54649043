"""What a model predicts."""

from enum import StrEnum
from typing import Self

from modelfleet.spec.tasks import binary, multiclass, regression
from modelfleet.spec.tasks.kind import TaskKind


class Task(StrEnum):
    """What a model predicts. `kind` says what follows from it; nothing else compares tasks."""

    kind: TaskKind

    BINARY = "binary", binary.KIND
    MULTICLASS = "multiclass", multiclass.KIND
    REGRESSION = "regression", regression.KIND

    def __new__(cls, name: str, kind: TaskKind) -> Self:
        """Let a member be its name, and carry its kind."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.kind = kind
        return member
