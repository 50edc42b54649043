"""The drift stack: a drift function per model, its schedule, and rules on its decisions."""

from collections.abc import Mapping

import aws_cdk
from aws_cdk import aws_lambda, aws_s3, aws_sns, aws_stepfunctions
from constructs import Construct

from cdk.drift.decisions import DriftDecisions
from cdk.drift.function import DriftFunction
from cdk.drift.notifications import DriftNotifications
from cdk.drift.release_notices import ReleaseNotices
from cdk.drift.schedule import DriftSchedule
from cdk.settings.stage import Stage
from cdk.shared.fleet_stack import FleetStack
from cdk.shared.permissions import arn_of
from modelfleet.resource_names import Resource, StackPart
from modelfleet.spec.model import ModelSpec


class DriftStack(FleetStack):
    """Drift detection of every model, and the events that start retrainings."""

    def __init__(
        self,
        scope: Construct,
        *,
        stage: Stage,
        environment: aws_cdk.Environment | None,
        models: Mapping[str, ModelSpec],
        lake: aws_s3.IBucket,
        artifacts: aws_s3.IBucket,
        notifications: aws_sns.ITopic,
    ) -> None:
        super().__init__(scope, StackPart.DRIFT, stage=stage, environment=environment)
        schedule = DriftSchedule(self, "Schedule", stage=stage)
        for name, spec in models.items():
            function = DriftFunction(
                self,
                name,
                stage=stage,
                model=name,
                lake=lake,
                artifacts=artifacts,
                failed=schedule.failed,
            ).function
            schedule.add(spec, function)
        notices = DriftNotifications(
            self,
            "Notifications",
            stage=stage,
            release=self._release_function(stage),
            topic=notifications,
            failed=schedule.failed,
        ).machine
        DriftDecisions(
            self,
            "Decisions",
            stage=stage,
            retraining=self._retraining_machine(stage),
            notifications=notices,
            failed=schedule.failed,
        )
        ReleaseNotices(self, "Releases", stage=stage, notifications=notices, failed=schedule.failed)

    def _retraining_machine(self, stage: Stage) -> aws_stepfunctions.IStateMachine:
        arn = arn_of(self, "states", "stateMachine", stage.resource(Resource.RETRAINING))
        return aws_stepfunctions.StateMachine.from_state_machine_arn(self, "Machine", arn)

    def _release_function(self, stage: Stage) -> aws_lambda.IFunction:
        arn = arn_of(self, "lambda", "function", stage.resource(Resource.RELEASE))
        return aws_lambda.Function.from_function_arn(self, "Release", arn)
