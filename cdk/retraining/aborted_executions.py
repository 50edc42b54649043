"""Cleanup after executions that ended before they could clean up themselves."""

from aws_cdk import aws_events, aws_events_targets, aws_lambda, aws_stepfunctions
from constructs import Construct

from cdk.settings.stage import Stage
from modelfleet.release.requests import ENDED_BADLY, STATUS_CHANGE
from modelfleet.resource_names import Resource


class AbortedExecutions(Construct):
    """Reports each execution that failed, was aborted or timed out to the release function."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        machine: aws_stepfunctions.IStateMachine,
        release: aws_lambda.IFunction,
    ) -> None:
        super().__init__(scope, id_)
        aws_events.Rule(
            self,
            "Rule",
            rule_name=stage.resource(Resource.ABORTED_EXECUTIONS),
            description="Cleans up after executions that failed, were aborted or timed out",
            event_pattern=aws_events.EventPattern(
                source=["aws.states"],
                detail_type=[STATUS_CHANGE],
                detail={
                    "stateMachineArn": [machine.state_machine_arn],
                    "status": list(ENDED_BADLY),
                },
            ),
            targets=[aws_events_targets.LambdaFunction(release, retry_attempts=3)],
        )
