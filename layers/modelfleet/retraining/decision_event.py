"""Events of drift decisions: their types, and what a retraining and a notification take of one."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from modelfleet.captures.window import WindowEnd
from modelfleet.retraining.state import Lines, RetrainingRequest, Trigger, Version
from modelfleet.spec.document import Frozen
from modelfleet.spec.model import MODEL_NAME_PATTERN

_KIND = "detail-type"


class DecisionKind(StrEnum):
    """The types of the events; a type determines the trigger of the retraining."""

    DRIFT_FOUND = "drift found"
    PERFORMANCE_DEGRADED = "performance degraded"

    @property
    def trigger(self) -> Trigger:
        """What a retraining is triggered by that such an event starts."""
        return TRIGGERS[self]


TRIGGERS: Mapping[DecisionKind, Trigger] = {
    DecisionKind.DRIFT_FOUND: Trigger.DRIFT,
    DecisionKind.PERFORMANCE_DEGRADED: Trigger.PERFORMANCE,
}


class AnnouncedAction(StrEnum):
    """The decisions that are announced."""

    WARN = "warn"
    RETRAIN = "retrain"


class DecisionDetail(Frozen, extra="ignore"):
    """The detail of a decision's event, as far as it is used. Texts are single lines."""

    model: Annotated[str, Field(pattern=MODEL_NAME_PATTERN)]
    version: Version
    action: AnnouncedAction
    window_end: WindowEnd
    evidence: Annotated[Lines, Field(min_length=1)]
    held_back: Lines = ()


class DecisionEvent(Frozen, extra="ignore"):
    """A decision's event as EventBridge delivers it.

    Rules deliver the whole event: EventBridge does not escape the values that an input transformer
    inserts, so a text with quotation marks could add fields to what a template builds.
    """

    kind: Annotated[DecisionKind, Field(alias=_KIND)]
    detail: DecisionDetail

    def request(self) -> RetrainingRequest:
        """The retraining that the event may ask for: of its model, with its evidence."""
        return RetrainingRequest(
            model=self.detail.model, trigger=self.kind.trigger, evidence=self.detail.evidence
        )


def is_event(content: object) -> bool:
    """Whether a machine's input is an event of EventBridge rather than a request."""
    return isinstance(content, Mapping) and _KIND in content
