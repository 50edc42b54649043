"""The trigger that creates and upgrades MLflow's tables in each deployment, before any training."""

from aws_cdk import Duration, triggers
from constructs import Construct

from cdk.settings.stage import Stage
from cdk.shared.fleet_function import FleetFunction, Size
from cdk.shared.registry import Registry
from modelfleet.registry.database_users import USER
from modelfleet.resource_names import Resource
from modelfleet.settings import SchemaSettings

# A paused database takes half a minute to resume, and a large upgrade some minutes.
_SIZE = Size(memory_mb=1024, timeout_seconds=840)


class RegistrySchema(Construct):
    """The train image with another entry point; CloudFormation runs it when the image changes."""

    def __init__(
        self, scope: Construct, id_: str, *, stage: Stage, registry: Registry, owner_uri: str
    ) -> None:
        super().__init__(scope, id_)
        function = FleetFunction(
            self,
            "Upgrade",
            stage=stage,
            unit="train",
            entry="schema",
            name=stage.resource(Resource.SCHEMA),
            packaging=stage.packaging,
            settings=SchemaSettings(stage=stage.name, owner_uri=owner_uri, user=USER),
            size=_SIZE,
            network=registry.network,
        ).function
        registry.grant_own(function)
        self._trigger = triggers.Trigger(
            self,
            "Upgraded",
            handler=function,
            timeout=Duration.seconds(_SIZE.timeout_seconds + 30),
            invocation_type=triggers.InvocationType.REQUEST_RESPONSE,
        )

    def execute_before(self, *others: Construct) -> None:
        """Upgrade the tables before these constructs are created or changed."""
        self._trigger.execute_before(*others)
