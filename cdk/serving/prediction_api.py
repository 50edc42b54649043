"""One REST API for the fleet: a path per model, a key and a usage plan per client."""

from collections.abc import Mapping

from aws_cdk import Duration, aws_apigateway, aws_lambda
from constructs import Construct

from cdk.serving.api_client import ApiClient
from cdk.serving.api_telemetry import TraceSampling, access_logging
from cdk.serving.problem_responses import add_problem_responses
from cdk.serving.web_firewall import WebFirewall
from cdk.settings.clients import DEFAULT_CLIENT
from cdk.settings.stage import Stage
from modelfleet.outcomes.reporters import stage_variable
from modelfleet.resource_names import CONSOLE_PATH, METRICS_PATH, Resource

_OPEN_PATHS = ("docs", "docs/{file}", "openapi.json", "card")
_REQUEST_HEADERS = ["content-type", "x-api-key", "x-entity-id", "x-request-id"]
_RESPONSE_HEADERS = ["x-request-id", "retry-after"]
_PREFLIGHT_HOURS = 1


class PredictionApi(Construct):
    """`/<model>/…` with a key; documentation without a key, if the stage enables it."""

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
        add_problem_responses(self.api, allowed_origins=stage.allowed_origins)
        if stage.tracing:
            TraceSampling(self, "Traces", stage=stage, api=self.api.rest_api_name)
        if stage.requests_per_address is not None:
            WebFirewall(
                self,
                "Firewall",
                stage=stage,
                api_stage=self.api.deployment_stage,
                requests_per_address=stage.requests_per_address,
            )
        keys = {
            name: ApiClient(self, name, stage=stage, api=self.api, name=name, limits=limits).key
            for name, limits in stage.client_limits.items()
        }
        self.key = keys[DEFAULT_CLIENT]
        self._permit_reports(stage, keys)

    def add_metrics(self, function: aws_lambda.IFunction) -> None:
        """Serve `GET /metrics` with a key, for a Prometheus server to scrape."""
        integration = aws_apigateway.LambdaIntegration(function, scope_permission_to_method=False)
        resource = self.api.root.add_resource(METRICS_PATH)
        resource.add_method("GET", integration, api_key_required=True)

    def add_console(self, function: aws_lambda.IFunction) -> None:
        """Serve `/console/…` without a key: the console signs people in by itself."""
        integration = aws_apigateway.LambdaIntegration(function, scope_permission_to_method=False)
        resource = self.api.root.add_resource(CONSOLE_PATH)
        for each in (resource, resource.add_resource("{proxy+}")):
            each.add_method("ANY", integration, api_key_required=False)

    def _build_api(self, stage: Stage) -> aws_apigateway.RestApi:
        api = aws_apigateway.RestApi(
            self,
            "Api",
            rest_api_name=stage.resource(Resource.API),
            description=f"Predictions of the fleet, stage {stage.name}",
            endpoint_types=[aws_apigateway.EndpointType.REGIONAL],
            # An account has one such role; without it, its APIs cannot write logs.
            cloud_watch_role=stage.access_logs,
            deploy_options=aws_apigateway.StageOptions(
                stage_name=stage.name,
                tracing_enabled=stage.tracing,
                throttling_rate_limit=stage.throttle.requests_per_second,
                throttling_burst_limit=stage.throttle.burst,
                **access_logging(self, stage=stage),
            ),
            default_cors_preflight_options=_preflight(stage),
        )
        # The construct adds an output with the URL; the stack has its own, with a fixed name.
        api.node.try_remove_child("Endpoint")
        return api

    def _permit_reports(self, stage: Stage, keys: Mapping[str, aws_apigateway.IApiKey]) -> None:
        """Name the keys that may report outcomes to the functions, which check them."""
        deployed = self.api.deployment_stage.node.default_child
        if not isinstance(deployed, aws_apigateway.CfnStage):
            raise TypeError("the API has no stage of its own")
        deployed.variables = {
            stage_variable(name): keys[name].key_id for name in stage.reporting_clients
        } or None

    def _add_model(self, stage: Stage, model: str, function: aws_lambda.IFunction) -> None:
        integration = aws_apigateway.LambdaIntegration(function, scope_permission_to_method=False)
        resource = self.api.root.add_resource(model)
        resource.add_method("GET", integration, api_key_required=True)
        resource.add_resource("{proxy+}").add_method("ANY", integration, api_key_required=True)
        for path in _OPEN_PATHS if stage.docs_enabled else ():
            resource.resource_for_path(path).add_method("GET", integration, api_key_required=False)


def _preflight(stage: Stage) -> aws_apigateway.CorsOptions | None:
    """Return the CORS options for preflight requests; `None` without allowed origins."""
    if not stage.allowed_origins:
        return None
    return aws_apigateway.CorsOptions(
        allow_origins=list(stage.allowed_origins),
        allow_methods=["GET", "POST", "OPTIONS"],
        allow_headers=_REQUEST_HEADERS,
        expose_headers=_RESPONSE_HEADERS,
        max_age=Duration.hours(_PREFLIGHT_HOURS),
    )
