"""The function that moves release pointers: the only one that may."""

from aws_cdk import aws_lambda, aws_s3
from constructs import Construct

from cdk.constructs.bucket_access import allow_read, allow_write
from cdk.constructs.fleet_function import FleetFunction, Size
from cdk.constructs.layers import Libraries, SharedCode
from cdk.stage import Packaging, Stage
from modelfleet.domain import keys
from modelfleet.settings import ReleaseSettings

_SIZE = Size(memory_mb=512, timeout_seconds=60)


class ReleaseFunction(Construct):
    """Writes pointers, and reads the bundles that they may name."""

    def __init__(
        self, scope: Construct, id_: str, *, stage: Stage, artifacts: aws_s3.IBucket
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
            settings=ReleaseSettings(stage=stage.name, artifacts_bucket=artifacts.bucket_name),
            size=_SIZE,
            layers=layers,
        ).function
        allow_read(artifacts, self.function, f"{keys.MODELS}/*")
        allow_read(artifacts, self.function, f"{keys.RELEASES}/*")
        allow_write(artifacts, self.function, f"{keys.RELEASES}/*")

    def _build_layers(self) -> list[aws_lambda.LayerVersion]:
        return [
            SharedCode(self, "SharedCode"),
            Libraries(self, "Libraries", requirements="release.txt"),
        ]
