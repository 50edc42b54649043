"""The function that moves release pointers: the only one that may."""

from collections.abc import Iterable

import aws_cdk
from aws_cdk import aws_iam, aws_lambda, aws_s3
from constructs import Construct

from cdk.serving.predict_function import ALIAS
from cdk.settings.stage import Packaging, Stage
from cdk.shared.bucket_access import allow_read, allow_write
from cdk.shared.event_access import allow_announcing
from cdk.shared.fleet_function import FleetFunction, Size
from cdk.shared.layers import Libraries, SharedCode
from modelfleet.domain import deployment, keys
from modelfleet.domain.history import EVENT_TYPE
from modelfleet.settings import ReleaseSettings

_SIZE = Size(memory_mb=512, timeout_seconds=300)
_READ = (keys.MODELS, keys.RELEASES, keys.LOCKS, keys.HISTORY)
_WRITTEN = (keys.RELEASES, keys.LOCKS, keys.HISTORY, keys.TRAINED)


class ReleaseFunction(Construct):
    """Writes pointers, locks and records; reads bundles and what both arms of a release did."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        artifacts: aws_s3.IBucket,
        lake: aws_s3.IBucket,
        models: Iterable[str],
        machine_name: str,
    ) -> None:
        super().__init__(scope, id_)
        layers = self._build_layers() if stage.shared_layers else []
        self.function: aws_lambda.Function = FleetFunction(
            self,
            "Release",
            stage=stage,
            unit="release",
            name=stage.resource("release"),
            packaging=Packaging.ZIP,
            settings=_settings(stage, artifacts, lake),
            size=_SIZE,
            layers=layers,
        ).function
        for folder in _READ:
            allow_read(artifacts, self.function, f"{folder}/*")
        for folder in _WRITTEN:
            allow_write(artifacts, self.function, f"{folder}/*")
        for folder in (keys.CAPTURES, keys.FEEDBACK):
            allow_read(lake, self.function, f"{folder}/*")
        self._grant_calls(stage, models, machine_name)

    def _grant_calls(self, stage: Stage, models: Iterable[str], machine_name: str) -> None:
        stack = aws_cdk.Stack.of(self)
        predicting = [
            self._arn(
                stack,
                "lambda",
                "function",
                f"{deployment.predict_function(stage.name, model)}:{ALIAS}",
            )
            for model in models
        ]
        executions = self._arn(stack, "states", "execution", f"{machine_name}:*")
        self._allow(["lambda:InvokeFunction"], predicting)
        self._allow(["states:DescribeExecution"], [executions])
        allow_announcing(self.function, [EVENT_TYPE])
        # CloudWatch's metrics cannot be named in a policy.
        self._allow(["cloudwatch:GetMetricData"], ["*"])

    def _allow(self, actions: list[str], resources: list[str]) -> None:
        self.function.add_to_role_policy(
            aws_iam.PolicyStatement(actions=actions, resources=resources)
        )

    @staticmethod
    def _arn(stack: aws_cdk.Stack, service: str, resource: str, name: str) -> str:
        return stack.format_arn(
            service=service,
            resource=resource,
            resource_name=name,
            arn_format=aws_cdk.ArnFormat.COLON_RESOURCE_NAME,
        )

    def _build_layers(self) -> list[aws_lambda.LayerVersion]:
        return [
            SharedCode(self, "SharedCode"),
            Libraries(self, "Libraries", requirements="release.txt"),
        ]


def _settings(stage: Stage, artifacts: aws_s3.IBucket, lake: aws_s3.IBucket) -> ReleaseSettings:
    plan = stage.release
    return ReleaseSettings(
        stage=stage.name,
        artifacts_bucket=artifacts.bucket_name,
        lake_bucket=lake.bucket_name,
        predict_alias=ALIAS,
        shares=" ".join(map(str, plan.shares)),
        wait_seconds=plan.wait_seconds,
        minimum_predictions=plan.minimum_predictions,
        waits_maximum=plan.waits_maximum,
        without_traffic=plan.without_traffic,
        lock_wait_seconds=plan.lock_wait_seconds,
    )
