"""What answers: a function per model behind one API."""

from collections.abc import Mapping

import aws_cdk
from aws_cdk import aws_s3
from constructs import Construct

from cdk.constructs.predict_function import PredictFunction
from cdk.constructs.prediction_api import PredictionApi
from cdk.stacks.fleet_stack import FleetStack
from cdk.stage import Stage
from modelfleet.domain.deployment import Output, StackPart
from modelfleet.domain.spec import ModelSpec


class ServingStack(FleetStack):
    """The predict functions, the API, its key and its usage plan."""

    def __init__(
        self,
        scope: Construct,
        *,
        stage: Stage,
        environment: aws_cdk.Environment | None,
        models: Mapping[str, ModelSpec],
        artifacts: aws_s3.IBucket,
    ) -> None:
        super().__init__(scope, StackPart.SERVING, stage=stage, environment=environment)
        functions = {
            name: PredictFunction(self, name, stage=stage, spec=spec, artifacts=artifacts).live
            for name, spec in models.items()
        }
        api = PredictionApi(self, "Predictions", stage=stage, functions=functions)
        self.say(Output.API_URL, api.api.url)
        self.say(Output.API_ID, api.api.rest_api_id)
        self.say(Output.API_STAGE, api.api.deployment_stage.stage_name)
        self.say(Output.API_KEY_ID, api.key.key_id)
