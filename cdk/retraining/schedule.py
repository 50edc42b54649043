"""Starts the retraining machine by the clock, for each model when its spec says."""

from collections.abc import Iterable

from aws_cdk import (
    Duration,
    TimeZone,
    aws_scheduler,
    aws_scheduler_targets,
    aws_stepfunctions,
)
from constructs import Construct

from cdk.settings.stage import Stage
from cdk.shared.dead_letter_queue import DeadLetterQueue
from modelfleet.domain.messages import RetrainingRequest, Trigger
from modelfleet.domain.spec import ModelSpec

_RETRY_ATTEMPTS = 3
_GIVE_UP_AFTER_HOURS = 6


class RetrainingSchedule(Construct):
    """One schedule per model; a start that cannot be delivered is kept in a dead-letter queue."""

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
        self.undelivered = DeadLetterQueue(
            self, "Undelivered", stage=stage, name=undelivered_queue_name(stage)
        )
        for spec in specs:
            self._add_schedule(stage, machine, spec)

    def _add_schedule(
        self, stage: Stage, machine: aws_stepfunctions.IStateMachine, spec: ModelSpec
    ) -> None:
        request = RetrainingRequest(model=spec.name, trigger=Trigger.SCHEDULE)
        aws_scheduler.Schedule(
            self,
            spec.name,
            schedule_name=stage.resource("retrain", spec.name),
            description=f"Retrains {spec.name}",
            schedule=aws_scheduler.ScheduleExpression.expression(
                spec.retraining_schedule, TimeZone.ETC_UTC
            ),
            target=aws_scheduler_targets.StepFunctionsStartExecution(
                machine,
                input=aws_scheduler.ScheduleTargetInput.from_object(
                    request.model_dump(mode="json")
                ),
                dead_letter_queue=self.undelivered,
                retry_attempts=_RETRY_ATTEMPTS,
                max_event_age=Duration.hours(_GIVE_UP_AFTER_HOURS),
            ),
        )


def undelivered_queue_name(stage: Stage) -> str:
    """The name of the queue that keeps starts which could not be delivered."""
    return stage.resource("undelivered-schedules")
