"""What happens when a drift function has decided: retraining, and telling people."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from aws_cdk import aws_events, aws_events_targets, aws_sns, aws_stepfunctions
from constructs import Construct

from cdk.settings.stage import Stage
from cdk.shared.dead_letter_queue import DeadLetterQueue
from modelfleet.domain.messages import Trigger
from modelfleet.domain.watch_requests import TRIGGERS
from modelfleet.domain.watching import WatchAction
from modelfleet.settings import EVENT_SOURCE

_RETRY_ATTEMPTS = 3
_RULES: Mapping[Trigger, str] = {
    Trigger.DRIFT: "retrain-after-drift",
    Trigger.PERFORMANCE: "retrain-after-degradation",
}


class WatchDecisions(Construct):
    """Rules on the events of this stage's drift functions; what they cannot deliver is kept."""

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
            retrain = aws_events_targets.SfnStateMachine(
                machine,
                input=_request(trigger),
                retry_attempts=_RETRY_ATTEMPTS,
                dead_letter_queue=failed,
            )
            # What the input is made of must be there: EventBridge leaves out what is not.
            evidence = {"evidence": aws_events.Match.exists()}
            self._build_rule(_RULES[trigger], [kind], [WatchAction.RETRAIN], retrain, **evidence)
        # By a role of this account, so that the topic needs no statement for a service principal.
        tell = aws_events_targets.SnsTopic(
            notifications, message=_message(), dead_letter_queue=failed, authorize_using_role=True
        )
        self._build_rule(
            "tell-of-drift", list(TRIGGERS), [WatchAction.WARN, WatchAction.RETRAIN], tell
        )

    def _build_rule(
        self,
        name: str,
        kinds: Sequence[str],
        actions: Sequence[WatchAction],
        target: aws_events.IRuleTarget,
        **more: Any,
    ) -> None:
        aws_events.Rule(
            self,
            name.title().replace("-", ""),
            rule_name=self._stage.resource(name),
            description="Acts on what a drift function has decided",
            event_pattern=aws_events.EventPattern(
                source=[EVENT_SOURCE],
                detail_type=list(kinds),
                detail={
                    "stage": [self._stage.name],
                    "model": list(self._models),
                    "action": [str(action) for action in actions],
                    **more,
                },
            ),
            targets=[target],
        )


def _request(trigger: Trigger) -> aws_events.RuleTargetInput:
    """Make a request of an event's model and evidence; nothing else of it reaches the machine."""
    return aws_events.RuleTargetInput.from_object(
        {
            "model": aws_events.EventField.from_path("$.detail.model"),
            "trigger": str(trigger),
            "evidence": aws_events.EventField.from_path("$.detail.evidence"),
        }
    )


def _message() -> aws_events.RuleTargetInput:
    """What people read: what was found and done, why, and where to look."""
    headline, because, link, model = (
        aws_events.EventField.from_path(f"$.detail.{field}")
        for field in ("headline", "because", "link", "model")
    )
    return aws_events.RuleTargetInput.from_multiline_text(
        f"{headline}\n{because}\nreport: {link}\nlook at it: fleet report {model} --open\n"
        f"say that you know: fleet alerts ack {model}"
    )
