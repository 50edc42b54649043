"""Time window of predictions."""

from datetime import UTC, datetime
from typing import Annotated, Self

from pydantic import AwareDatetime, Field, model_validator

from modelfleet.spec.document import Frozen

# Within what the calendar can count back from, in every time zone.
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
WindowEnd = Annotated[AwareDatetime, Field(ge=_EARLIEST, lt=_LATEST)]


class Window(Frozen):
    """Time window: predictions made at `start` or later, and before `end`."""

    start: AwareDatetime
    end: AwareDatetime

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.start >= self.end:
            raise ValueError("a window must start before it ends")
        return self
