"""What is kept: the two buckets, the registry's database, and copies of all of it."""

import aws_cdk
from aws_cdk import aws_backup, aws_s3
from constructs import Construct

from cdk.settings.stage import Database, Stage, StageError
from cdk.shared.fleet_stack import FleetStack
from cdk.shared.isolated_network import IsolatedNetwork
from cdk.shared.registry import EmbeddedRegistry, Registry
from cdk.shared.retention import keep
from cdk.shared.signing_key import SigningKey
from cdk.storage.backup import Backup
from cdk.storage.log_bucket import LogBucket
from cdk.storage.private_bucket import PrivateBucket
from cdk.storage.registry_database import RegistryDatabase
from modelfleet.domain import keys
from modelfleet.domain.deployment import Output, StackPart

_STAGING_DAYS = 30
_QUARANTINE_DAYS = 90
_BATCH_DAYS = 30


class StorageStack(FleetStack):
    """Stateful resources alone, so that no change of what serves can replace them."""

    def __init__(
        self,
        scope: Construct,
        *,
        stage: Stage,
        environment: aws_cdk.Environment | None,
        tracking_uri: str | None,
    ) -> None:
        super().__init__(scope, StackPart.STORAGE, stage=stage, environment=environment)
        logs = LogBucket(self, "Logs", stage=stage) if stage.access_logs else None
        self.lake = PrivateBucket(
            self,
            "Lake",
            stage=stage,
            expiring={
                keys.QUARANTINE: _QUARANTINE_DAYS,
                keys.BATCH: _BATCH_DAYS,
                keys.CAPTURES: stage.captures_days,
                # An outcome says nothing once its prediction is gone.
                keys.FEEDBACK: stage.captures_days,
                keys.UNDELIVERED_CAPTURES: stage.captures_days,
            },
            cooling=(keys.CAPTURES,),
            access_logs=logs,
        )
        self.artifacts = PrivateBucket(
            self,
            "Artifacts",
            stage=stage,
            expiring={keys.STAGING: _STAGING_DAYS, keys.MLFLOW: stage.run_files_days},
            cooling=(keys.MLFLOW,),
            access_logs=logs,
        )
        if stage.retain_data:
            # With their policies: a bucket that outlives its stack goes on refusing plain HTTP.
            keep(self.lake, self.artifacts, *([logs] if logs else []))
        self.signing_key = SigningKey(self, "SigningKey", stage=stage)
        self.registry: Registry = (
            self._build_database(stage, logs)
            if stage.database is Database.AURORA and logs is not None
            else _embedded(stage, tracking_uri)
        )
        self.say(Output.SIGNING_KEY, self.signing_key.arn)
        self.say(Output.LAKE_BUCKET, self.lake.bucket_name)
        self.say(Output.ARTIFACTS_BUCKET, self.artifacts.bucket_name)

    def _build_database(self, stage: Stage, logs: aws_s3.IBucket) -> RegistryDatabase:
        network = IsolatedNetwork(self, "Network", logs=logs)
        database = RegistryDatabase(self, "Registry", stage=stage, network=network)
        if stage.retain_data:
            # A database that is kept needs the network that it is in.
            keep(network)
        if stage.vault_days:
            self._build_backup(stage, stage.vault_days, database)
        return database

    def _build_backup(self, stage: Stage, days: int, database: RegistryDatabase) -> None:
        resource = aws_backup.BackupResource
        kept = [
            resource.from_arn(database.cluster.cluster_arn),
            resource.from_arn(self.lake.bucket_arn),
            resource.from_arn(self.artifacts.bucket_arn),
        ]
        Backup(self, "Backup", stage=stage, days=days, resources=kept)


def _embedded(stage: Stage, tracking_uri: str | None) -> EmbeddedRegistry:
    if not tracking_uri:
        raise StageError(
            f"stage {stage.name} keeps its registry in a database that runs already: "
            "add -c tracking_uri=postgresql+psycopg://… (fleet up does)"
        )
    return EmbeddedRegistry(tracking_uri)
