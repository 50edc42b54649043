"""Reminders of versions that wait for approval."""

from aws_cdk import Duration, aws_events, aws_events_targets, aws_lambda
from constructs import Construct

from cdk.settings.stage import Stage
from modelfleet.release.requests import FOLLOW_UP
from modelfleet.resource_names import Resource


class ApprovalReminders(Construct):
    """Has the release function follow up approvals every hour."""

    def __init__(
        self, scope: Construct, id_: str, *, stage: Stage, release: aws_lambda.IFunction
    ) -> None:
        super().__init__(scope, id_)
        event = aws_events.RuleTargetInput.from_object({"action": FOLLOW_UP})
        aws_events.Rule(
            self,
            "Clock",
            rule_name=stage.resource(Resource.APPROVALS),
            description="Reminds people of versions that wait for approval",
            schedule=aws_events.Schedule.rate(Duration.hours(1)),
            targets=[aws_events_targets.LambdaFunction(release, event=event)],
        )
