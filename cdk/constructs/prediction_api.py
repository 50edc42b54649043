"""One REST API for the fleet: a path per model, an API key, a usage plan."""

from collections.abc import Mapping

from aws_cdk import aws_apigateway, aws_lambda
from constructs import Construct

from cdk.constructs.problem_responses import add_problem_responses
from cdk.stage import Stage, Throttle

_OPEN_PATHS = ("docs", "openapi.json")


class PredictionApi(Construct):
    """`/<model>/…` with a key; documentation without one where the stage shows it."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        functions: Mapping[str, aws_lambda.IFunction],
    ) -> None:
        super().__init__(scope, id_)
        self.api = self._build_api(stage)
        for model, function in functions.items():
            self._add_model(stage, model, function)
        add_problem_responses(self.api)
        self.key = self._build_key(stage)

    def _build_api(self, stage: Stage) -> aws_apigateway.RestApi:
        api = aws_apigateway.RestApi(
            self,
            "Api",
            rest_api_name=stage.resource("api"),
            description=f"Predictions of the fleet, stage {stage.name}",
            endpoint_types=[aws_apigateway.EndpointType.REGIONAL],
            cloud_watch_role=False,
            deploy_options=aws_apigateway.StageOptions(
                stage_name=stage.name,
                metrics_enabled=True,
                tracing_enabled=stage.tracing,
                throttling_rate_limit=stage.throttle.requests_per_second,
                throttling_burst_limit=stage.throttle.burst,
            ),
        )
        # The construct's own output of the address; the stack gives it under a name we chose.
        api.node.try_remove_child("Endpoint")
        return api

    def _add_model(self, stage: Stage, model: str, function: aws_lambda.IFunction) -> None:
        integration = aws_apigateway.LambdaIntegration(function, scope_permission_to_method=False)
        resource = self.api.root.add_resource(model)
        resource.add_method("GET", integration, api_key_required=True)
        resource.add_resource("{proxy+}").add_method("ANY", integration, api_key_required=True)
        for path in _OPEN_PATHS if stage.docs_enabled else ():
            resource.add_resource(path).add_method("GET", integration, api_key_required=False)

    def _build_key(self, stage: Stage) -> aws_apigateway.IApiKey:
        key = self.api.add_api_key("Key", api_key_name=stage.resource("key"))
        plan = self.api.add_usage_plan(
            "Plan",
            name=stage.resource("plan"),
            throttle=aws_apigateway.ThrottleSettings(
                rate_limit=stage.throttle.requests_per_second,
                burst_limit=stage.throttle.burst,
            ),
            quota=_quota(stage.throttle),
        )
        plan.add_api_key(key)
        plan.add_api_stage(stage=self.api.deployment_stage)
        return key


def _quota(throttle: Throttle) -> aws_apigateway.QuotaSettings | None:
    if throttle.requests_per_month is None:
        return None
    return aws_apigateway.QuotaSettings(
        limit=throttle.requests_per_month, period=aws_apigateway.Period.MONTH
    )
