"""Lambda's entry: the step `release` of the retraining machine, and the rollback by hand."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from modelfleet import bootstrap
from modelfleet.domain.errors import ReleaseError
from modelfleet.domain.messages import Released, RetrainingState, RollbackRequest, Step
from modelfleet.pipelines.release import release, take_back

Message = TypeVar("Message", bound=BaseModel)


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Release what the machine registered, or take a release back."""
    return _moved(event).model_dump(mode="json")


def _moved(event: Mapping[str, Any]) -> Released:
    store = bootstrap.release_store()
    if event.get("action") == "rollback":
        return take_back(store, _parsed(RollbackRequest, event), _now)
    if event.get("step") == Step.RELEASE:
        return release(store, _parsed(RetrainingState, event.get("state")), _now)
    raise ReleaseError("the event is neither the step release nor the action rollback")


def _parsed(kind: type[Message], content: object) -> Message:
    """Parse a message; one that cannot be read is permanent and not to be retried."""
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        fields = sorted({".".join(map(str, fault["loc"])) for fault in error.errors()})
        raise ReleaseError(f"the event's fields {fields} are not readable") from error


def _now() -> datetime:
    return datetime.now(UTC)
