"""Notifications about releases that no execution of the retraining machine reports."""

from aws_cdk import aws_events, aws_events_targets, aws_stepfunctions
from constructs import Construct

from cdk.settings.stage import Stage
from cdk.shared.schedule import DeadLetterQueue
from modelfleet.release.history import EVENT_TYPE, NOTIFY
from modelfleet.release.notice import APPROVAL_EVENT
from modelfleet.resource_names import Resource, event_bus
from modelfleet.settings import EVENT_SOURCE

_RETRY_ATTEMPTS = 3


class ReleaseNotices(Construct):
    """EventBridge rule on manual actions, ended trials, and versions that wait for approval."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        notifications: aws_stepfunctions.IStateMachine,
        failed: DeadLetterQueue,
    ) -> None:
        super().__init__(scope, id_)
        aws_events.Rule(
            self,
            "Rule",
            rule_name=stage.resource(Resource.RELEASE_NOTICES),
            description="Notifies people of manual rollbacks, ended trials, and approvals",
            event_bus=aws_events.EventBus.from_event_bus_name(
                self, "Events", event_bus(stage.name)
            ),
            event_pattern=aws_events.EventPattern(
                source=[EVENT_SOURCE],
                detail_type=[EVENT_TYPE, APPROVAL_EVENT],
                detail={"stage": [stage.name], NOTIFY: [True]},
            ),
            targets=[
                aws_events_targets.SfnStateMachine(
                    notifications, retry_attempts=_RETRY_ATTEMPTS, dead_letter_queue=failed
                )
            ],
        )
