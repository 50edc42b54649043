"""The retraining stack: the state machine, its functions, and its triggers."""

from collections.abc import Mapping

import aws_cdk
from aws_cdk import aws_lambda, aws_s3, aws_sns
from constructs import Construct

from cdk.retraining.aborted_executions import AbortedExecutions
from cdk.retraining.approvals import ApprovalReminders
from cdk.retraining.registry_schema import RegistrySchema
from cdk.retraining.release_function import ReleaseFunction
from cdk.retraining.schedule import RetrainingSchedule
from cdk.retraining.train_function import TrainFunction
from cdk.retraining.trials import Trials
from cdk.retraining.workflow import RetrainingWorkflow
from cdk.settings.stage import Stage
from cdk.shared.fleet_stack import FleetStack
from cdk.shared.registry import Registry
from modelfleet.resource_names import Output, StackPart
from modelfleet.spec.model import ModelSpec


class RetrainingStack(FleetStack):
    """One state machine for all models, started by schedules, events and people."""

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
        train = self._build_train(stage, lake, artifacts, registry)
        release = ReleaseFunction(
            self, "Releasing", stage=stage, artifacts=artifacts, lake=lake
        ).function
        machine = RetrainingWorkflow(
            self,
            "Retraining",
            stage=stage,
            train=train,
            release=release,
            notifications=notifications,
            approving=[name for name, spec in models.items() if _needs_approval(stage, spec)],
        ).machine
        AbortedExecutions(self, "Aborted", stage=stage, machine=machine, release=release)
        Trials(self, "Trials", stage=stage, models=models, release=release)
        ApprovalReminders(self, "Approvals", stage=stage, release=release)
        RetrainingSchedule(self, "Schedule", stage=stage, machine=machine, specs=models.values())
        self.add_output(Output.STATE_MACHINE_ARN, machine.state_machine_arn)
        self.add_output(Output.TRAIN_FUNCTION, train.function_name)
        self.add_output(Output.RELEASE_FUNCTION, release.function_name)

    def _build_train(
        self, stage: Stage, lake: aws_s3.IBucket, artifacts: aws_s3.IBucket, registry: Registry
    ) -> aws_lambda.Function:
        train = TrainFunction(
            self, "Training", stage=stage, lake=lake, artifacts=artifacts, registry=registry
        ).function
        if registry.owner_uri is not None:
            schema = RegistrySchema(
                self, "Schema", stage=stage, registry=registry, owner_uri=registry.owner_uri
            )
            schema.execute_before(train)
        return train


def _needs_approval(stage: Stage, spec: ModelSpec) -> bool:
    declared = spec.release.approval
    return stage.release.approval if declared is None else declared
