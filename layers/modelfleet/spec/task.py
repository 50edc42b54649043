"""The task of a model."""

from enum import StrEnum
from typing import Self

from modelfleet.spec.tasks import binary, multiclass, regression
from modelfleet.spec.tasks.kind import TaskKind


class Task(StrEnum):
    """Task of a model. Its properties are in `kind`; no other code branches on the task."""

    kind: TaskKind

    BINARY = "binary", binary.KIND
    MULTICLASS = "multiclass", multiclass.KIND
    REGRESSION = "regression", regression.KIND

    def __new__(cls, name: str, kind: TaskKind) -> Self:
        """Create a member that equals its name and carries its kind."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.kind = kind
        return member
