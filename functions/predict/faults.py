"""Validation errors in a response."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from functions.predict.schemas import FieldError
from modelfleet.spec.categories import is_refusal, refused_value
from modelfleet.spec.features import Features
from modelfleet.tables.validate import UNKNOWN_FIELD, unknown_field

REPORTED_ERRORS = 50
_NAMED_FIELDS = 5
# Each suggestion compares a name with those of all columns.
_SUGGESTIONS = 5
_FIELD_LENGTH = 100


def refused_values(faults: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str | None]]:
    """Yield the column and value of each refused category; `None` if it may not be recorded."""
    for fault in faults:
        if is_refusal(fault["type"], fault.get("ctx")):
            yield str(fault["loc"][-1]), refused_value(fault["ctx"])


class FaultReport:
    """Describes validation errors, unless the stage hides its schema.

    Parameters
    ----------
    features
        The fields that a row may have; the closest one is suggested for an unknown field.
    detailed
        Whether to name fields and violated rules.
    """

    def __init__(self, features: type[Features], *, detailed: bool) -> None:
        self._features = features
        self._detailed = detailed

    def describe(
        self, faults: Sequence[Mapping[str, Any]], skip: int
    ) -> tuple[str | None, list[FieldError] | None]:
        """Return a summary and the first errors; `None` for both if not `detailed`.

        Parameters
        ----------
        faults
            Errors as reported by pydantic.
        skip
            Number of leading parts of each error's location to omit.
        """
        if not self._detailed:
            return None, None
        errors = [_field_error(fault, skip) for fault in faults[:REPORTED_ERRORS]]
        errors[:_SUGGESTIONS] = [
            self._suggested(fault, error)
            for fault, error in zip(faults, errors[:_SUGGESTIONS], strict=False)
        ]
        named = list(dict.fromkeys(error.field for error in errors))
        more = ", ..." if len(named) > _NAMED_FIELDS or len(faults) > len(errors) else ""
        return f"Not valid: {', '.join(named[:_NAMED_FIELDS])}{more}", errors

    def _suggested(self, fault: Mapping[str, Any], error: FieldError) -> FieldError:
        if fault["type"] != UNKNOWN_FIELD:
            return error
        message = unknown_field(self._features, str(fault["loc"][-1]))
        return error.model_copy(update={"message": message})


def _field_error(fault: Mapping[str, Any], skip: int) -> FieldError:
    path = ".".join(str(part) for part in fault["loc"][skip:]) or "body"
    return FieldError(field=path[:_FIELD_LENGTH], message=fault["msg"])
