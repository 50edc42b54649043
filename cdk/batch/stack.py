"""The batch stack: the function and the state machine that score tables."""

import aws_cdk
from aws_cdk import aws_s3
from constructs import Construct

from cdk.batch.function import BatchFunction
from cdk.batch.workflow import BatchWorkflow
from cdk.settings.stage import Stage
from cdk.shared.fleet_stack import FleetStack
from modelfleet.resource_names import Output, StackPart


class BatchStack(FleetStack):
    """One state machine for all models, started by `fleet batch`."""

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
        self.add_output(Output.BATCH_MACHINE_ARN, machine.state_machine_arn)
        self.add_output(Output.BATCH_FUNCTION, function.function_name)
