"""The function that splits, scores, and merges a batch job."""

from aws_cdk import aws_lambda, aws_s3
from constructs import Construct

from cdk.settings.stage import Stage
from cdk.shared.fleet_function import FleetFunction, Size
from cdk.shared.permissions import allow_read, allow_write
from modelfleet.resource_names import Resource
from modelfleet.settings import BatchSettings
from modelfleet.storage import keys

_SIZE = Size(memory_mb=1769, timeout_seconds=900)


class BatchFunction(Construct):
    """Reads releases and bundles, and writes only below `batch/` in the lake bucket."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        lake: aws_s3.IBucket,
        artifacts: aws_s3.IBucket,
    ) -> None:
        super().__init__(scope, id_)
        self.function: aws_lambda.Function = FleetFunction(
            self,
            "Batch",
            stage=stage,
            unit="batch",
            name=stage.resource(Resource.BATCH),
            packaging=stage.packaging,
            settings=BatchSettings(
                stage=stage.name,
                lake_bucket=lake.bucket_name,
                artifacts_bucket=artifacts.bucket_name,
            ),
            size=_SIZE,
        ).function
        allow_read(artifacts, self.function, f"{keys.RELEASES}/*")
        allow_read(artifacts, self.function, f"{keys.MODELS}/*")
        allow_read(lake, self.function, f"{keys.BATCH}/*")
        allow_write(lake, self.function, f"{keys.BATCH}/*")
