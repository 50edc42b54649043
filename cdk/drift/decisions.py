"""Rules on the decisions of drift functions: they start retrainings and notify people."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from aws_cdk import aws_events, aws_events_targets, aws_sns, aws_stepfunctions
from constructs import Construct

from cdk.settings.stage import Stage
from cdk.shared.schedule import DeadLetterQueue
from modelfleet.drift.requests import TRIGGERS
from modelfleet.drift.state import DriftAction
from modelfleet.resource_names import Resource
from modelfleet.retraining.state import Trigger
from modelfleet.settings import EVENT_SOURCE

_RETRY_ATTEMPTS = 3
_RULES: Mapping[Trigger, Resource] = {
    Trigger.DRIFT: Resource.RETRAIN_AFTER_DRIFT,
    Trigger.PERFORMANCE: Resource.RETRAIN_AFTER_DEGRADATION,
}


class DriftDecisions(Construct):
    """Rules on the events of this stage's drift functions; undelivered events go to `failed`."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        models: Collection[str],
        machine: aws_stepfunctions.IStateMachine,
        notifications: aws_sns.ITopic,
        failed: DeadLetterQueue,
    ) -> None:
        super().__init__(scope, id_)
        self._stage = stage
        self._models = models
        for kind, trigger in TRIGGERS.items():
            self._build_retraining(kind, trigger, machine, failed)
        self._build_notification(notifications, failed)

    def _build_retraining(
        self,
        kind: str,
        trigger: Trigger,
        machine: aws_stepfunctions.IStateMachine,
        failed: DeadLetterQueue,
    ) -> None:
        target = aws_events_targets.SfnStateMachine(
            machine,
            input=_request(trigger),
            retry_attempts=_RETRY_ATTEMPTS,
            dead_letter_queue=failed,
        )
        # EventBridge leaves fields that are missing in the event out of the input.
        evidence = {"evidence": aws_events.Match.exists()}
        self._build_rule(_RULES[trigger], [kind], [DriftAction.RETRAIN], target, **evidence)

    def _build_notification(self, topic: aws_sns.ITopic, failed: DeadLetterQueue) -> None:
        # With a role of this account, the topic needs no statement for a service principal.
        target = aws_events_targets.SnsTopic(
            topic, message=_message(), dead_letter_queue=failed, authorize_using_role=True
        )
        actions = [DriftAction.WARN, DriftAction.RETRAIN]
        self._build_rule(Resource.DRIFT_NOTIFICATIONS, list(TRIGGERS), actions, target)

    def _build_rule(
        self,
        name: Resource,
        kinds: Sequence[str],
        actions: Sequence[DriftAction],
        target: aws_events.IRuleTarget,
        **detail: Any,
    ) -> None:
        aws_events.Rule(
            self,
            name.title().replace("-", ""),
            rule_name=self._stage.resource(name),
            description="Acts on decisions of drift functions",
            event_pattern=aws_events.EventPattern(
                source=[EVENT_SOURCE],
                detail_type=list(kinds),
                detail={
                    "stage": [self._stage.name],
                    "model": list(self._models),
                    "action": [str(action) for action in actions],
                    **detail,
                },
            ),
            targets=[target],
        )


def _request(trigger: Trigger) -> aws_events.RuleTargetInput:
    """A retraining request with the event's model and evidence, and nothing else from it."""
    return aws_events.RuleTargetInput.from_object(
        {
            "model": aws_events.EventField.from_path("$.detail.model"),
            "trigger": str(trigger),
            "evidence": aws_events.EventField.from_path("$.detail.evidence"),
        }
    )


def _message() -> aws_events.RuleTargetInput:
    """The notification: what was decided and why, and the commands that come next."""
    headline, reason, link, model = (
        aws_events.EventField.from_path(f"$.detail.{field}")
        for field in ("headline", "because", "link", "model")
    )
    return aws_events.RuleTargetInput.from_multiline_text(
        f"{headline}\n{reason}\nReport: {link}\nOpen it: fleet report {model} --open\n"
        f"Acknowledge it: fleet alerts ack {model}"
    )
