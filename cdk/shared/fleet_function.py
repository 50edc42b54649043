"""One function of the fleet, packaged as its stage wants it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aws_cdk import Annotations, Duration, aws_ec2, aws_lambda, aws_sqs
from aws_cdk import Size as AwsSize
from constructs import Construct

from cdk.settings.stage import Packaging, Stage
from cdk.shared import function_code
from cdk.shared.function_role import FunctionRole
from cdk.shared.isolated_network import IsolatedNetwork
from cdk.shared.layers import RUNTIME
from cdk.shared.logs import function_logs
from modelfleet.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Size:
    """What one invocation may take."""

    memory_mb: int
    timeout_seconds: int
    ephemeral_mb: int = 512
    reserved_concurrency: int | None = None


class FleetFunction(Construct):
    """The folder `functions/<unit>` with its log group; its environment is its settings.

    `entry` is the module with the handler. A zip function takes the shared library from its layers,
    or carries it where there are none.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        unit: str,
        name: str,
        packaging: Packaging,
        settings: Settings,
        size: Size,
        snap_start: bool = False,
        network: IsolatedNetwork | None = None,
        layers: Sequence[aws_lambda.ILayerVersion] = (),
        undelivered: aws_sqs.IQueue | None = None,
        entry: str = "handler",
    ) -> None:
        super().__init__(scope, id_)
        self.logs = function_logs(self, "Logs", stage=stage, name=name)
        properties = {
            "function_name": name,
            "environment": settings.to_environment(),
            "log_group": self.logs,
            "role": FunctionRole(self, "Role", logs=self.logs, in_network=network is not None),
            "tracing": aws_lambda.Tracing.ACTIVE if stage.tracing else None,
            "architecture": aws_lambda.Architecture.X86_64,
            "dead_letter_queue": undelivered,
            **_size(size),
            **_network(network),
        }
        if snap_start:
            properties["snap_start"] = aws_lambda.SnapStartConf.ON_PUBLISHED_VERSIONS
        self.function = self._build_function(unit, entry, packaging, layers, properties)
        if snap_start:
            Annotations.of(self.function).acknowledge_warning(
                "@aws-cdk/aws-lambda:snapStartRequirePublish", "Its alias names a published version"
            )

    def _build_function(
        self,
        unit: str,
        entry: str,
        packaging: Packaging,
        layers: Sequence[aws_lambda.ILayerVersion],
        properties: dict[str, Any],
    ) -> aws_lambda.Function:
        handler = f"functions.{unit}.{entry}.handler"
        if packaging is Packaging.IMAGE:
            code = function_code.image_code(unit, handler)
            return aws_lambda.DockerImageFunction(self, "Function", code=code, **properties)
        sources = function_code.function_sources(unit)
        return aws_lambda.Function(
            self,
            "Function",
            runtime=RUNTIME,
            handler=handler,
            code=function_code.zip_code(
                sources if layers else sources | function_code.library_sources()
            ),
            layers=list(layers),
            **properties,
        )


def _size(size: Size) -> dict[str, Any]:
    return {
        "memory_size": size.memory_mb,
        "timeout": Duration.seconds(size.timeout_seconds),
        "ephemeral_storage_size": AwsSize.mebibytes(size.ephemeral_mb),
        "reserved_concurrent_executions": size.reserved_concurrency,
    }


def _network(network: IsolatedNetwork | None) -> dict[str, Any]:
    if network is None:
        return {}
    isolated = aws_ec2.SubnetSelection(subnet_type=aws_ec2.SubnetType.PRIVATE_ISOLATED)
    return {
        "vpc": network.vpc,
        "vpc_subnets": isolated,
        "security_groups": [network.database_clients],
    }
