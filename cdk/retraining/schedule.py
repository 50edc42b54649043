"""Scheduled retraining: each model at the time in its spec."""

from collections.abc import Iterable

from aws_cdk import aws_scheduler_targets, aws_stepfunctions
from constructs import Construct

from cdk.settings.stage import Stage
from cdk.shared.schedule import DeadLetterQueue, ModelSchedule, delivery
from modelfleet.resource_names import ModelResource, Resource
from modelfleet.retraining.state import RetrainingRequest, Trigger
from modelfleet.spec.model import ModelSpec

# 200 retrainings of up to a quarter of an hour each are then 12 at once on average.
_WINDOW_MINUTES = 240


class RetrainingSchedule(Construct):
    """One schedule per model; starts that cannot be delivered go to a dead-letter queue."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        machine: aws_stepfunctions.IStateMachine,
        specs: Iterable[ModelSpec],
    ) -> None:
        super().__init__(scope, id_)
        undelivered = DeadLetterQueue(
            self, "Undelivered", stage=stage, name=stage.resource(Resource.UNDELIVERED_SCHEDULES)
        )
        for spec in specs:
            request = RetrainingRequest(model=spec.name, trigger=Trigger.SCHEDULE)
            ModelSchedule(
                self,
                spec.name,
                name=stage.resource(ModelResource.RETRAINING_SCHEDULE, spec.name),
                description=f"Retrains {spec.name}",
                expression=spec.retraining_schedule,
                window_minutes=_WINDOW_MINUTES,
                target=aws_scheduler_targets.StepFunctionsStartExecution(
                    machine, **delivery(request.model_dump(mode="json"), undelivered)
                ),
            )
