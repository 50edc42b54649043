"""What makes and upgrades MLflow's tables, once a deployment and before anything trains."""

from aws_cdk import Duration, triggers
from constructs import Construct

from cdk.settings.stage import Stage
from cdk.shared.fleet_function import FleetFunction, Size
from cdk.storage.registry_database import RegistryDatabase
from modelfleet.domain.database_users import USER
from modelfleet.settings import SchemaSettings

# A database that sleeps takes half a minute to wake, and a large upgrade its time.
_SIZE = Size(memory_mb=1024, timeout_seconds=840)


class RegistrySchema(Construct):
    """The train image with another entry, run by CloudFormation whenever that image changes."""

    def __init__(
        self, scope: Construct, id_: str, *, stage: Stage, registry: RegistryDatabase
    ) -> None:
        super().__init__(scope, id_)
        function = FleetFunction(
            self,
            "Upgrade",
            stage=stage,
            unit="train",
            entry="schema",
            name=stage.resource("schema"),
            packaging=stage.packaging,
            settings=SchemaSettings(stage=stage.name, owner_uri=registry.owner_uri, user=USER),
            size=_SIZE,
            network=registry.network,
        ).function
        registry.grant_own(function)
        self._upgraded = triggers.Trigger(
            self,
            "Upgraded",
            handler=function,
            timeout=Duration.seconds(_SIZE.timeout_seconds + 30),
            invocation_type=triggers.InvocationType.REQUEST_RESPONSE,
        )

    def before(self, *others: Construct) -> None:
        """Have the tables upgraded before these are made or changed."""
        self._upgraded.execute_before(*others)
