"""What watches the models: a drift function each, its schedule, and what follows its decisions."""

from collections.abc import Mapping

import aws_cdk
from aws_cdk import aws_s3, aws_sns, aws_stepfunctions
from constructs import Construct

from cdk.drift.decisions import WatchDecisions
from cdk.drift.function import DriftFunction
from cdk.drift.schedule import DriftSchedule
from cdk.retraining.workflow import machine_name
from cdk.settings.stage import Stage
from cdk.shared.fleet_stack import FleetStack
from modelfleet.domain.deployment import StackPart
from modelfleet.domain.spec import ModelSpec


class WatchingStack(FleetStack):
    """Reads what serving and retraining leave behind, and starts retraining by an event."""

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
        super().__init__(scope, StackPart.WATCHING, stage=stage, environment=environment)
        schedule = DriftSchedule(self, "Schedule", stage=stage)
        for name, spec in models.items():
            function = DriftFunction(
                self,
                name,
                stage=stage,
                model=name,
                lake=lake,
                artifacts=artifacts,
                failed=schedule.undelivered,
            ).function
            schedule.add(spec, function)
        WatchDecisions(
            self,
            "Decisions",
            stage=stage,
            models=list(models),
            machine=self._machine(stage),
            notifications=notifications,
            failed=schedule.undelivered,
        )

    def _machine(self, stage: Stage) -> aws_stepfunctions.IStateMachine:
        """The retraining machine by its name, so that no export ties the two stacks together."""
        arn = self.format_arn(
            service="states",
            resource="stateMachine",
            resource_name=machine_name(stage),
            arn_format=aws_cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        return aws_stepfunctions.StateMachine.from_state_machine_arn(self, "Machine", arn)
