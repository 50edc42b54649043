"""Rules that start retrainings and send notifications on decisions of drift functions."""

from collections.abc import Sequence

from aws_cdk import aws_events, aws_events_targets, aws_stepfunctions
from constructs import Construct

from cdk.settings.stage import Stage
from cdk.shared.schedule import DeadLetterQueue
from modelfleet.resource_names import Resource, event_bus
from modelfleet.retraining.decision_event import AnnouncedAction, DecisionKind
from modelfleet.settings import EVENT_SOURCE

_RETRY_ATTEMPTS = 3


class DriftDecisions(Construct):
    """EventBridge rules on this stage's drift decisions; undelivered events go to `failed`.

    Both state machines receive the whole event and validate it in their first state. An input
    transformer would not be safe: EventBridge does not escape the values it inserts into the
    template, so a text with quotation marks could add fields.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        retraining: aws_stepfunctions.IStateMachine,
        notifications: aws_stepfunctions.IStateMachine,
        failed: DeadLetterQueue,
    ) -> None:
        super().__init__(scope, id_)
        self._stage = stage
        self._failed = failed
        self._bus = aws_events.EventBus.from_event_bus_name(self, "Events", event_bus(stage.name))
        retrain = [AnnouncedAction.RETRAIN]
        self._build_rule(Resource.RETRAIN_AFTER_DRIFT, retrain, retraining)
        self._build_rule(Resource.DRIFT_NOTIFICATIONS, list(AnnouncedAction), notifications)

    def _build_rule(
        self,
        name: Resource,
        actions: Sequence[AnnouncedAction],
        machine: aws_stepfunctions.IStateMachine,
    ) -> None:
        aws_events.Rule(
            self,
            name.title().replace("-", ""),
            rule_name=self._stage.resource(name),
            description="Acts on decisions of drift functions",
            event_bus=self._bus,
            event_pattern=aws_events.EventPattern(
                source=[EVENT_SOURCE],
                detail_type=list(DecisionKind),
                detail={
                    "stage": [self._stage.name],
                    "action": list(actions),
                },
            ),
            targets=[
                aws_events_targets.SfnStateMachine(
                    machine, retry_attempts=_RETRY_ATTEMPTS, dead_letter_queue=self._failed
                )
            ],
        )
