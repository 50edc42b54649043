"""The event bus of a stage's own events."""

from aws_cdk import aws_events
from constructs import Construct

from cdk.settings.stage import Stage
from modelfleet.resource_names import event_bus


class EventBus(aws_events.EventBus):
    """Several stages may share an account: roles and rules are limited to their stage's bus."""

    def __init__(self, scope: Construct, id_: str, *, stage: Stage) -> None:
        super().__init__(
            scope,
            id_,
            event_bus_name=event_bus(stage.name),
            description="Drift decisions and ended releases",
        )
