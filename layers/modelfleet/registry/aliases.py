"""The names under which the registry knows a model's versions, and the record of their moves."""

from datetime import datetime
from enum import StrEnum

from pydantic import ValidationError

from modelfleet.spec.document import Frozen
from modelfleet.spec.errors import ReleaseError


class Alias(StrEnum):
    """What a version is to its model.

    `champion` serves, `previous` served before it, `challenger` is registered and does not serve
    all traffic: it is on its way there, or the gate kept it back.
    """

    CHAMPION = "champion"
    CHALLENGER = "challenger"
    PREVIOUS = "previous"


class AliasMove(Frozen, extra="ignore"):
    """An alias that names another version from now on, or none: who did it, why, and in which run.

    `execution` is the retraining's, or that of the command which took a release back.
    """

    model: str
    alias: Alias
    version: str | None
    moved_by: str
    moved_at: datetime
    reason: str
    execution: str

    @property
    def line(self) -> str:
        """The move in words."""
        return (
            f"{self.moved_at:%Y-%m-%d %H:%M:%S} by {self.moved_by}, "
            f"execution {self.execution}: {self.reason}"
        )


def read_move(content: bytes) -> AliasMove:
    """Parse the record of a move.

    Raises
    ------
    ReleaseError
        If it is none.
    """
    try:
        return AliasMove.model_validate_json(content)
    except ValidationError as error:
        raise ReleaseError(f"not a move of an alias: {error.error_count()} faults") from error
