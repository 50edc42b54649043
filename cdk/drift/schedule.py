"""Starts the drift functions by the clock, each once a day."""

from aws_cdk import Duration, TimeZone, aws_lambda, aws_scheduler, aws_scheduler_targets
from constructs import Construct

from cdk.settings.stage import Stage
from cdk.shared.dead_letter_queue import DeadLetterQueue
from modelfleet.domain.spec import ModelSpec
from modelfleet.domain.watch_requests import WatchRequest

_RETRY_ATTEMPTS = 3
_GIVE_UP_AFTER_HOURS = 6


class DriftSchedule(Construct):
    """One schedule per model; a call that cannot be delivered is kept in a dead-letter queue."""

    def __init__(self, scope: Construct, id_: str, *, stage: Stage) -> None:
        super().__init__(scope, id_)
        self._stage = stage
        self.undelivered = DeadLetterQueue(
            self, "Undelivered", stage=stage, name=failed_runs_name(stage)
        )

    def add(self, spec: ModelSpec, function: aws_lambda.IFunction) -> None:
        """Call a model's drift function when its spec says."""
        request = WatchRequest(model=spec.name, whole_hours=True)
        aws_scheduler.Schedule(
            self,
            spec.name,
            schedule_name=self._stage.resource("drift", spec.name),
            description=f"Watches {spec.name}",
            schedule=aws_scheduler.ScheduleExpression.expression(
                spec.drift_schedule, TimeZone.ETC_UTC
            ),
            target=aws_scheduler_targets.LambdaInvoke(
                function,
                input=aws_scheduler.ScheduleTargetInput.from_object(
                    request.model_dump(mode="json", exclude_none=True)
                ),
                dead_letter_queue=self.undelivered,
                retry_attempts=_RETRY_ATTEMPTS,
                max_event_age=Duration.hours(_GIVE_UP_AFTER_HOURS),
            ),
        )


def failed_runs_name(stage: Stage) -> str:
    """The name of the queue that keeps runs which could not be started, or failed to the end."""
    return stage.resource("failed-drift-runs")
