"""What happens when a drift function has decided: retraining, and telling people."""

from aws_cdk import aws_events, aws_events_targets, aws_sns, aws_stepfunctions
from constructs import Construct

from cdk.constructs.dead_letter_queue import DeadLetterQueue
from cdk.stage import Stage
from modelfleet.domain.watch_requests import DRIFT_FOUND, PERFORMANCE_DEGRADED
from modelfleet.domain.watching import WatchAction
from modelfleet.settings import EVENT_SOURCE

_RETRY_ATTEMPTS = 3


class WatchDecisions(Construct):
    """Two rules on the events of this stage's drift functions; what they cannot deliver is kept."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        machine: aws_stepfunctions.IStateMachine,
        notifications: aws_sns.ITopic,
        failed: DeadLetterQueue,
    ) -> None:
        super().__init__(scope, id_)
        retrain = aws_events_targets.SfnStateMachine(
            machine,
            input=aws_events.RuleTargetInput.from_event_path("$.detail.retraining"),
            retry_attempts=_RETRY_ATTEMPTS,
            dead_letter_queue=failed,
        )
        tell = aws_events_targets.SnsTopic(
            notifications, message=_message(), dead_letter_queue=failed
        )
        self._build_rule(stage, "Retrain", "retrain-after-drift", [WatchAction.RETRAIN], retrain)
        everything = [WatchAction.WARN, WatchAction.RETRAIN]
        self._build_rule(stage, "Tell", "tell-of-drift", everything, tell)

    def _build_rule(
        self,
        stage: Stage,
        id_: str,
        name: str,
        actions: list[WatchAction],
        target: aws_events.IRuleTarget,
    ) -> None:
        aws_events.Rule(
            self,
            id_,
            rule_name=stage.resource(name),
            description="Acts on what a drift function has decided",
            event_pattern=aws_events.EventPattern(
                source=[EVENT_SOURCE],
                detail_type=[DRIFT_FOUND, PERFORMANCE_DEGRADED],
                detail={"stage": [stage.name], "action": [str(action) for action in actions]},
            ),
            targets=[target],
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
