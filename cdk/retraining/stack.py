"""What makes new versions: the steps' functions, the state machine, the schedules."""

from collections.abc import Mapping

import aws_cdk
from aws_cdk import aws_s3, aws_sns
from constructs import Construct

from cdk.retraining.aborted_executions import AbortedExecutions
from cdk.retraining.registry_schema import RegistrySchema
from cdk.retraining.release_function import ReleaseFunction
from cdk.retraining.schedule import RetrainingSchedule
from cdk.retraining.train_function import TrainFunction
from cdk.retraining.trials import Trials
from cdk.retraining.workflow import RetrainingWorkflow, machine_name
from cdk.settings.stage import Stage
from cdk.shared.fleet_stack import FleetStack
from cdk.shared.registry import Registry
from cdk.storage.registry_database import RegistryDatabase
from modelfleet.domain.deployment import Output, StackPart
from modelfleet.domain.spec import ModelSpec


class RetrainingStack(FleetStack):
    """One state machine for all models, started by hand, by event, or by the clock."""

    def __init__(
        self,
        scope: Construct,
        *,
        stage: Stage,
        environment: aws_cdk.Environment | None,
        models: Mapping[str, ModelSpec],
        lake: aws_s3.IBucket,
        artifacts: aws_s3.IBucket,
        registry: Registry,
        notifications: aws_sns.ITopic,
    ) -> None:
        super().__init__(scope, StackPart.RETRAINING, stage=stage, environment=environment)
        train = TrainFunction(
            self, "Training", stage=stage, lake=lake, artifacts=artifacts, registry=registry
        ).function
        if isinstance(registry, RegistryDatabase):
            RegistrySchema(self, "Schema", stage=stage, registry=registry).before(train)
        release = ReleaseFunction(
            self,
            "Releasing",
            stage=stage,
            artifacts=artifacts,
            lake=lake,
            models=models,
            machine_name=machine_name(stage),
        ).function
        machine = RetrainingWorkflow(
            self,
            "Retraining",
            stage=stage,
            train=train,
            release=release,
            notifications=notifications,
        ).machine
        AbortedExecutions(self, "Aborted", stage=stage, machine=machine, release=release)
        Trials(self, "Trials", stage=stage, models=models, release=release)
        RetrainingSchedule(self, "Schedule", stage=stage, machine=machine, specs=models.values())
        self.say(Output.STATE_MACHINE_ARN, machine.state_machine_arn)
        self.say(Output.TRAIN_FUNCTION, train.function_name)
        self.say(Output.RELEASE_FUNCTION, release.function_name)
