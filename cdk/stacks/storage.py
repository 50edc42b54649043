"""What is kept: the two buckets and the registry's database."""

import aws_cdk
from constructs import Construct

from cdk.constructs.isolated_network import IsolatedNetwork
from cdk.constructs.private_bucket import PrivateBucket
from cdk.constructs.registry import EmbeddedRegistry, Registry
from cdk.constructs.registry_database import RegistryDatabase
from cdk.stacks.fleet_stack import FleetStack
from cdk.stage import Database, Stage, StageError
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
        self.lake = PrivateBucket(
            self,
            "Lake",
            stage=stage,
            expiring={keys.QUARANTINE: _QUARANTINE_DAYS, keys.BATCH: _BATCH_DAYS},
        )
        self.artifacts = PrivateBucket(
            self, "Artifacts", stage=stage, expiring={keys.STAGING: _STAGING_DAYS}
        )
        self.registry = self._build_registry(stage, tracking_uri)
        self.say(Output.LAKE_BUCKET, self.lake.bucket_name)
        self.say(Output.ARTIFACTS_BUCKET, self.artifacts.bucket_name)

    def _build_registry(self, stage: Stage, tracking_uri: str | None) -> Registry:
        if stage.database is Database.AURORA:
            network = IsolatedNetwork(self, "Network")
            return RegistryDatabase(self, "Registry", stage=stage, network=network)
        if not tracking_uri:
            raise StageError(
                f"stage {stage.name} keeps its registry in a database that runs already: "
                "add -c tracking_uri=postgresql+psycopg://… (fleet up does)"
            )
        return EmbeddedRegistry(tracking_uri)
