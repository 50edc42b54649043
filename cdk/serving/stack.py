"""What answers: a function per model behind one API."""

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
from cdk.settings.domain import CustomDomain
from cdk.settings.stage import Stage, Throttle
from cdk.shared.fleet_stack import FleetStack
from cdk.shared.layers import Libraries, SharedCode
from cdk.shared.signing_key import SigningKey
from modelfleet.domain.deployment import Output, StackPart
from modelfleet.domain.spec import ModelSpec


class ServingStack(FleetStack):
    """The predict functions with the way of their predictions to the lake, and the API."""

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
        clients: Mapping[str, Throttle],
        domain: CustomDomain | None,
    ) -> None:
        super().__init__(scope, StackPart.SERVING, stage=stage, environment=environment)
        predicting = {
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
        CapturesFunction(self, "Capturing", stage=stage, lake=lake).subscribe(
            each.logs for each in predicting.values()
        )
        if stage.gradual_code:
            layers = [
                SharedCode(self, "SharedCode"),
                Libraries(self, "Libraries", requirements="release.txt"),
            ]
            for name, each in predicting.items():
                CodeRelease(
                    self,
                    f"{name}-code",
                    stage=stage,
                    model=name,
                    live=each.live,
                    artifacts=artifacts,
                    layers=layers,
                )
        functions = {name: each.live for name, each in predicting.items()}
        api = PredictionApi(self, "Predictions", stage=stage, functions=functions, clients=clients)
        api.add_metrics(MetricsFunction(self, "Metrics", stage=stage).function)
        if domain is None:
            self.say(Output.API_URL, api.api.url)
        else:
            named = ApiDomain(self, "Domain", domain=domain, api=api.api)
            self.say(Output.API_URL, named.url)
            self.say(Output.DOMAIN_TARGET, named.target)
        self.say(Output.API_ID, api.api.rest_api_id)
        self.say(Output.API_STAGE, api.api.deployment_stage.stage_name)
        self.say(Output.API_KEY_ID, api.key.key_id)
