"""Schedules of drift runs: one run per model and day."""

from aws_cdk import aws_iam, aws_lambda, aws_scheduler_targets
from constructs import Construct

from cdk.settings.stage import Stage
from cdk.shared.schedule import DeadLetterQueue, ModelSchedule, SchedulerRole, delivery
from modelfleet.drift.requests import DriftRequest
from modelfleet.resource_names import ModelResource, Resource, drift_function
from modelfleet.spec.model import ModelSpec

# The alarm on missing runs allows two hours between a daily run's time and its end.
_WINDOW_MINUTES = 60


class DriftSchedule(Construct):
    """One schedule per model, and the queue of runs that failed or could not be started."""

    def __init__(self, scope: Construct, id_: str, *, stage: Stage) -> None:
        super().__init__(scope, id_)
        self._stage = stage
        self.failed = DeadLetterQueue(
            self, "Undelivered", stage=stage, name=stage.resource(Resource.FAILED_DRIFT_RUNS)
        )
        self._role = SchedulerRole(self, "Role", functions=drift_function(stage.name, "*"))
        self._role.add_to_policy(
            aws_iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[self.failed.queue_arn])
        )

    def add(self, spec: ModelSpec, function: aws_lambda.IFunction) -> None:
        """Invoke a model's drift function at the time in its spec."""
        request = DriftRequest(model=spec.name, whole_hours=True)
        ModelSchedule(
            self,
            spec.name,
            name=self._stage.resource(ModelResource.DRIFT, spec.name),
            description=f"Runs drift detection for {spec.name}",
            expression=spec.drift_schedule,
            window_minutes=_WINDOW_MINUTES,
            target=aws_scheduler_targets.LambdaInvoke(
                function,
                role=self._role.without_policy_updates(),
                **delivery(request.model_dump(mode="json", exclude_none=True), self.failed),
            ),
        )
