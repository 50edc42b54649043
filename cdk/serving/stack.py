"""The serving stack: a predict function per model behind one API."""

from collections.abc import Mapping

import aws_cdk
from aws_cdk import aws_s3
from constructs import Construct

from cdk.serving.api_domain import ApiDomain
from cdk.serving.captures_function import CapturesFunction
from cdk.serving.code_release import CodeRelease
from cdk.serving.metrics_function import MetricsFunction
from cdk.serving.predict_function import PredictFunction
from cdk.serving.prediction_api import PredictionApi
from cdk.serving.warm_aliases import WarmAliases
from cdk.settings.domain import CustomDomain
from cdk.settings.stage import Packaging, Stage
from cdk.shared.fleet_stack import FleetStack
from cdk.shared.layers import build_layers
from cdk.shared.signing_key import SigningKey
from modelfleet.resource_names import Output, StackPart
from modelfleet.spec.model import ModelSpec


class ServingStack(FleetStack):
    """The predict functions, the API, and the delivery of predictions to the lake."""

    def __init__(
        self,
        scope: Construct,
        *,
        stage: Stage,
        environment: aws_cdk.Environment | None,
        models: Mapping[str, ModelSpec],
        artifacts: aws_s3.IBucket,
        lake: aws_s3.IBucket,
        signing_key: SigningKey,
    ) -> None:
        super().__init__(scope, StackPart.SERVING, stage=stage, environment=environment)
        predict = {
            name: PredictFunction(
                self,
                name,
                stage=stage,
                spec=spec,
                artifacts=artifacts,
                lake=lake,
                signing_key=signing_key,
            )
            for name, spec in models.items()
        }
        captures = CapturesFunction(
            self, "Capturing", stage=stage, lake=lake, signing_key=signing_key
        )
        captures.subscribe(each.logs for each in predict.values())
        if stage.gradual_code:
            self._build_code_releases(stage, predict, artifacts)
        functions = {name: each.live for name, each in predict.items()}
        if stage.packaging is Packaging.IMAGE:
            warm = WarmAliases(self, "Warm", stage=stage)
            for name, live in functions.items():
                warm.add(name, live)
        self.api = api = PredictionApi(self, "Predictions", stage=stage, functions=functions)
        api.add_metrics(MetricsFunction(self, "Metrics", stage=stage).function)
        self._add_address(api, stage.custom_domain)
        self.add_output(Output.API_ID, api.api.rest_api_id)
        self.add_output(Output.API_STAGE, api.api.deployment_stage.stage_name)
        self.add_output(Output.API_KEY_ID, api.key.key_id)

    def _build_code_releases(
        self, stage: Stage, predict: Mapping[str, PredictFunction], artifacts: aws_s3.IBucket
    ) -> None:
        layers = build_layers(self, stage=stage, requirements="release.txt")
        for model, each in predict.items():
            CodeRelease(
                self,
                f"{model}-code",
                stage=stage,
                model=model,
                live=each.live,
                artifacts=artifacts,
                layers=layers,
            )

    def _add_address(self, api: PredictionApi, domain: CustomDomain | None) -> None:
        if domain is None:
            self.add_output(Output.API_URL, api.api.url)
            return
        named = ApiDomain(self, "Domain", domain=domain, api=api.api)
        self.add_output(Output.API_URL, named.url)
        self.add_output(Output.DOMAIN_TARGET, named.target)
