"""The function behind the retraining steps that need training libraries."""

from aws_cdk import aws_lambda, aws_s3
from constructs import Construct

from cdk.settings.stage import Database, Stage
from cdk.shared.fleet_function import FleetFunction, Size
from cdk.shared.permissions import allow_read, allow_write
from cdk.shared.registry import Registry
from modelfleet.resource_names import Resource
from modelfleet.settings import TrainSettings
from modelfleet.storage import keys

_SIZE = Size(memory_mb=3008, timeout_seconds=900, ephemeral_mb=2048)
_WRITTEN = (keys.STAGING, keys.MODELS, keys.MLFLOW, keys.ALIASES)


class TrainFunction(Construct):
    """Reads the lake, and writes candidates and versions; it cannot change the serving version."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        lake: aws_s3.IBucket,
        artifacts: aws_s3.IBucket,
        registry: Registry,
    ) -> None:
        super().__init__(scope, id_)
        self.function: aws_lambda.Function = FleetFunction(
            self,
            "Train",
            stage=stage,
            unit="train",
            name=stage.resource(Resource.TRAIN),
            packaging=stage.packaging,
            settings=TrainSettings(
                stage=stage.name,
                lake_bucket=lake.bucket_name,
                artifacts_bucket=artifacts.bucket_name,
                tracking_uri=registry.tracking_uri,
                database_iam_authentication=stage.database is Database.AURORA,
            ),
            size=_SIZE,
            network=registry.network,
        ).function
        self._grant(lake, artifacts)
        registry.grant_connect(self.function)

    def _grant(self, lake: aws_s3.IBucket, artifacts: aws_s3.IBucket) -> None:
        # A retraining after drift learns from predictions and outcomes since the last one.
        for folder in (keys.DATASETS, keys.CAPTURES, keys.FEEDBACK):
            allow_read(lake, self.function, f"{folder}/*")
        for folder in (keys.DATASETS, keys.QUARANTINE):
            allow_write(lake, self.function, f"{folder}/*")
        allow_read(artifacts, self.function, f"{keys.RELEASES}/*")
        allow_read(artifacts, self.function, f"{keys.TRAINED}/*")
        for folder in _WRITTEN:
            allow_read(artifacts, self.function, f"{folder}/*")
            allow_write(artifacts, self.function, f"{folder}/*")
