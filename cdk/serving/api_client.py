"""One client of the API: a key, and a usage plan that limits it."""

from aws_cdk import aws_apigateway
from constructs import Construct

from cdk.settings.clients import Throttle
from cdk.settings.stage import Stage
from modelfleet.resource_names import Resource


class ApiClient(Construct):
    """A key of its own, so that a client's excess or leak does not affect other clients."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        api: aws_apigateway.RestApi,
        name: str,
        limits: Throttle,
    ) -> None:
        super().__init__(scope, id_)
        self.key = aws_apigateway.ApiKey(
            self, "Key", api_key_name=stage.resource(Resource.API_KEY, name)
        )
        plan = aws_apigateway.UsagePlan(
            self,
            "Plan",
            name=stage.resource(Resource.USAGE_PLAN, name),
            throttle=aws_apigateway.ThrottleSettings(
                rate_limit=limits.requests_per_second, burst_limit=limits.burst
            ),
            quota=_quota(limits),
            api_stages=[aws_apigateway.UsagePlanPerApiStage(api=api, stage=api.deployment_stage)],
        )
        plan.add_api_key(self.key)


def _quota(limits: Throttle) -> aws_apigateway.QuotaSettings | None:
    if limits.requests_per_month is None:
        return None
    return aws_apigateway.QuotaSettings(
        limit=limits.requests_per_month, period=aws_apigateway.Period.MONTH
    )
