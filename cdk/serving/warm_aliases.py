"""Schedules that keep the alias of every model ready for calls."""

from aws_cdk import aws_lambda, aws_scheduler, aws_scheduler_targets
from constructs import Construct

from cdk.settings.stage import Stage
from cdk.shared.schedule import ModelSchedule, SchedulerRole
from modelfleet.resource_names import LIVE, ModelResource, predict_function
from modelfleet.serving.proxy_event import proxy_event

# Lambda deletes the snapshot of a version without calls for 14 days, and the optimized image of a
# function without calls for weeks. The next call then fails with status 409. Calls every three days
# leave time for four before that.
# https://docs.aws.amazon.com/lambda/latest/dg/snapstart-security.html
# https://docs.aws.amazon.com/lambda/latest/dg/snapstart-troubleshooting.html
# https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
_EVERY = "rate(3 days)"
_WINDOW_MINUTES = 60
REQUEST_ID = "keep-warm"


class WarmAliases(Construct):
    """A schedule per model that calls `/health`; failed calls are not kept, as others follow.

    Lambda also recycles the environments of a version from time to time, which no call prevents:
    until the version is ready again, calls fail, and our own callers wait. Only live aliases are
    called, because other versions get no traffic: the pre-traffic hook invokes a new version first,
    and CodeDeploy rolls back to a version that was live until then.
    """

    def __init__(self, scope: Construct, id_: str, *, stage: Stage) -> None:
        super().__init__(scope, id_)
        self._stage = stage
        aliases = f"{predict_function(stage.name, '*')}:{LIVE}"
        self._role = SchedulerRole(self, "Role", functions=aliases)

    def add(self, model: str, live: aws_lambda.IFunction) -> None:
        """Call a model's alias."""
        event = proxy_event("GET", f"/{model}/health", "", REQUEST_ID)
        ModelSchedule(
            self,
            model,
            name=self._stage.resource(ModelResource.WARM, model),
            description=f"Keeps the predict function of {model} ready",
            expression=_EVERY,
            window_minutes=_WINDOW_MINUTES,
            target=aws_scheduler_targets.LambdaInvoke(
                live,
                input=aws_scheduler.ScheduleTargetInput.from_object(event),
                role=self._role.without_policy_updates(),
            ),
        )
