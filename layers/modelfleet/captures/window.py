"""Time window of predictions."""

from typing import Self

from pydantic import AwareDatetime, model_validator

from modelfleet.spec.document import Frozen


class Window(Frozen):
    """Time window: predictions made at `start` or later, and before `end`."""

    start: AwareDatetime
    end: AwareDatetime

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.start >= self.end:
            raise ValueError("a window must start before it ends")
        return self
