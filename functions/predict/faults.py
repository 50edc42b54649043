"""Validation errors in a response."""

from collections.abc import Mapping, Sequence
from typing import Any

from functions.predict.schemas import FieldError

REPORTED_ERRORS = 50
_NAMED_FIELDS = 5
_FIELD_LENGTH = 100


class FaultReport:
    """Words for faults, or none where the stage keeps its schema to itself.

    Parameters
    ----------
    detailed
        Whether fields and their rules are named.
    """

    def __init__(self, *, detailed: bool) -> None:
        self._detailed = detailed

    def describe(
        self, faults: Sequence[Mapping[str, Any]], skip: int
    ) -> tuple[str | None, list[FieldError] | None]:
        """Make a summary and one error for each of the first faults; `None` where none are told.

        Parameters
        ----------
        faults
            As pydantic reports them.
        skip
            How many parts of each fault's location the caller need not be told.
        """
        if not self._detailed:
            return None, None
        errors = [_field_error(fault, skip) for fault in faults[:REPORTED_ERRORS]]
        named = list(dict.fromkeys(error.field for error in errors))
        more = ", ..." if len(named) > _NAMED_FIELDS or len(faults) > len(errors) else ""
        return f"Not valid: {', '.join(named[:_NAMED_FIELDS])}{more}", errors


def _field_error(fault: Mapping[str, Any], skip: int) -> FieldError:
    path = ".".join(str(part) for part in fault["loc"][skip:]) or "body"
    return FieldError(field=path[:_FIELD_LENGTH], message=fault["msg"])
