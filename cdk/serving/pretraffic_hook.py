"""The function that tests a predict function's new code before CodeDeploy gives it traffic."""

from collections.abc import Sequence

from aws_cdk import aws_iam, aws_lambda, aws_s3
from constructs import Construct

from cdk.settings.stage import Packaging, Stage
from cdk.shared.fleet_function import FleetFunction, Size
from cdk.shared.permissions import allow_read
from modelfleet.resource_names import pretraffic_function
from modelfleet.settings import PretrafficSettings
from modelfleet.storage import keys

# It waits up to two minutes for a version to start, and for its responses.
_SIZE = Size(memory_mb=256, timeout_seconds=300)


class PretrafficHook(Construct):
    """Calls the newest version of one predict function, and reads the model's release pointer."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        model: str,
        live: aws_lambda.Alias,
        artifacts: aws_s3.IBucket,
        layers: Sequence[aws_lambda.ILayerVersion],
    ) -> None:
        super().__init__(scope, id_)
        self.function: aws_lambda.Function = FleetFunction(
            self,
            "Hook",
            stage=stage,
            unit="pretraffic",
            name=pretraffic_function(stage.name, model),
            packaging=Packaging.ZIP,
            settings=PretrafficSettings(
                stage=stage.name,
                model=model,
                artifacts_bucket=artifacts.bucket_name,
                version=live.version.version,
            ),
            size=_SIZE,
            layers=layers,
        ).function
        allow_read(artifacts, self.function, keys.release_pointer(model))
        self.function.add_to_role_policy(
            aws_iam.PolicyStatement(
                actions=["lambda:InvokeFunction"],
                # All versions: permission for just the new one might not have propagated by then.
                resources=[f"{live.lambda_.function_arn}:*"],
            )
        )
