"""The storage stack: buckets, the registry's database, the signing keys, people, and backups."""

import aws_cdk
from aws_cdk import aws_backup, aws_s3
from constructs import Construct

from cdk.settings.stage import Database, Stage, StageError
from cdk.shared.alarm_rule import BackedUp
from cdk.shared.fleet_stack import FleetStack
from cdk.shared.isolated_network import IsolatedNetwork
from cdk.shared.registry import EmbeddedRegistry, Registry
from cdk.shared.retention import retain
from cdk.shared.signing_key import SigningKey
from cdk.storage.backup import Backup
from cdk.storage.buckets import DataBucket, LogBucket
from cdk.storage.people import People
from cdk.storage.registry_database import RegistryDatabase
from modelfleet.resource_names import Output, StackPart
from modelfleet.storage import keys

_STAGING_DAYS = 30
_QUARANTINE_DAYS = 90
_BATCH_DAYS = 30


class StorageStack(FleetStack):
    """Only stateful resources, so that no change of the other stacks can replace them."""

    def __init__(
        self,
        scope: Construct,
        *,
        stage: Stage,
        environment: aws_cdk.Environment | None,
        tracking_uri: str | None,
        engine: str | None = None,
    ) -> None:
        super().__init__(scope, StackPart.STORAGE, stage=stage, environment=environment)
        logs = LogBucket(self, "Logs", stage=stage) if stage.access_logs else None
        self.backed_up: BackedUp | None = None
        self.lake = self._build_lake(stage, logs)
        self.artifacts = self._build_artifacts(stage, logs)
        if stage.retain_data:
            # With their policies, so that a bucket without its stack still refuses plain HTTP.
            retain(self.lake, self.artifacts, *([logs] if logs else []))
        self.signing_key = SigningKey(self, "SigningKey", stage=stage)
        self.people = People(self, "People", stage=stage, engine=engine)
        self.registry: Registry = (
            self._build_database(stage, logs)
            if stage.database is Database.AURORA and logs is not None
            else _embedded(stage, tracking_uri)
        )
        self.add_output(Output.SIGNING_KEY, self.signing_key.arn)
        self.add_output(Output.USER_POOL_ID, self.people.pool.user_pool_id)
        self.add_output(Output.SESSION_KEY, self.people.session_key.arn)
        self.add_output(Output.LAKE_BUCKET, self.lake.bucket_name)
        self.add_output(Output.ARTIFACTS_BUCKET, self.artifacts.bucket_name)

    def _build_lake(self, stage: Stage, logs: aws_s3.IBucket | None) -> DataBucket:
        expiring = {
            keys.QUARANTINE: _QUARANTINE_DAYS,
            keys.BATCH: _BATCH_DAYS,
            keys.CAPTURES: stage.captures_days,
            # An outcome is of no use without its prediction.
            keys.FEEDBACK: stage.captures_days,
            keys.UNDELIVERED_CAPTURES: stage.captures_days,
        }
        return DataBucket(
            self,
            "Lake",
            stage=stage,
            expiring=expiring,
            cooling=(keys.CAPTURES,),
            access_logs=logs,
        )

    def _build_artifacts(self, stage: Stage, logs: aws_s3.IBucket | None) -> DataBucket:
        return DataBucket(
            self,
            "Artifacts",
            stage=stage,
            expiring={keys.STAGING: _STAGING_DAYS, keys.MLFLOW: stage.run_files_days},
            cooling=(keys.MLFLOW,),
            access_logs=logs,
        )

    def _build_database(self, stage: Stage, logs: aws_s3.IBucket) -> RegistryDatabase:
        network = IsolatedNetwork(self, "Network", logs=logs)
        database = RegistryDatabase(self, "Registry", stage=stage, network=network)
        if stage.retain_data:
            # A database that outlives its stack still needs its network.
            retain(network)
        if stage.vault_days:
            self._build_backup(stage, stage.vault_days, database)
        return database

    def _build_backup(self, stage: Stage, days: int, database: RegistryDatabase) -> None:
        arns = (database.cluster.cluster_arn, self.lake.bucket_arn, self.artifacts.bucket_arn)
        resources = [aws_backup.BackupResource.from_arn(arn) for arn in arns]
        backup = Backup(self, "Backup", stage=stage, days=days, resources=resources)
        self.backed_up = backup.monitored


def _embedded(stage: Stage, tracking_uri: str | None) -> EmbeddedRegistry:
    if not tracking_uri:
        raise StageError(
            f"stage {stage.name} uses an existing database for its registry: "
            "add -c tracking_uri=postgresql+psycopg://…, as `fleet up` does"
        )
    return EmbeddedRegistry(tracking_uri)
