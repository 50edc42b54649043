"""What scores tables: the batch function and its state machine."""

import aws_cdk
from aws_cdk import aws_s3
from constructs import Construct

from cdk.constructs.batch_function import BatchFunction
from cdk.constructs.batch_workflow import BatchWorkflow
from cdk.stacks.fleet_stack import FleetStack
from cdk.stage import Stage
from modelfleet.resource_names import Output, StackPart


class BatchStack(FleetStack):
    """One state machine for all models, started by the command `fleet batch`."""

    def __init__(
        self,
        scope: Construct,
        *,
        stage: Stage,
        environment: aws_cdk.Environment | None,
        lake: aws_s3.IBucket,
        artifacts: aws_s3.IBucket,
    ) -> None:
        super().__init__(scope, StackPart.BATCH, stage=stage, environment=environment)
        function = BatchFunction(
            self, "Scoring", stage=stage, lake=lake, artifacts=artifacts
        ).function
        machine = BatchWorkflow(self, "Jobs", stage=stage, function=function).machine
        self.say(Output.BATCH_MACHINE_ARN, machine.state_machine_arn)
        self.say(Output.BATCH_FUNCTION, function.function_name)
