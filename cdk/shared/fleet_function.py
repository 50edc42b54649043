"""One function of the fleet, packaged as its stage requires."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aws_cdk import Annotations, Duration, aws_ec2, aws_iam, aws_lambda, aws_logs, aws_sqs
from aws_cdk import Size as AwsSize
from constructs import Construct

from cdk.settings.stage import Packaging, Stage
from cdk.shared import function_code
from cdk.shared.isolated_network import IsolatedNetwork
from cdk.shared.layers import RUNTIME
from cdk.shared.logs import function_logs
from modelfleet.settings import Settings

# Lambda creates the network interfaces, so none of these actions can be limited to one of them.
_INTERFACE_ACTIONS = [
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
]


@dataclass(frozen=True, kw_only=True)
class Size:
    """Limits of one invocation, and of how many run at once."""

    memory_mb: int
    timeout_seconds: int
    ephemeral_mb: int = 512
    reserved_concurrency: int | None = None


class FleetFunction(Construct):
    """The folder `functions/<unit>` with its log group and role; its settings are its environment.

    `entry` is the module of the handler. A zip function without layers includes the shared code.
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
        self.function: aws_lambda.Function = (
            self._build_image(unit, entry, properties)
            if packaging is Packaging.IMAGE
            else self._build_zip(unit, entry, layers, properties)
        )
        if snap_start:
            Annotations.of(self.function).acknowledge_warning(
                "@aws-cdk/aws-lambda:snapStartRequirePublish", "Its alias names a published version"
            )

    def _build_image(
        self, unit: str, entry: str, properties: dict[str, Any]
    ) -> aws_lambda.DockerImageFunction:
        code = function_code.image_code(unit, _handler(unit, entry))
        return aws_lambda.DockerImageFunction(self, "Function", code=code, **properties)

    def _build_zip(
        self,
        unit: str,
        entry: str,
        layers: Sequence[aws_lambda.ILayerVersion],
        properties: dict[str, Any],
    ) -> aws_lambda.Function:
        sources = function_code.function_sources(unit)
        if not layers:
            sources |= function_code.library_sources()
        return aws_lambda.Function(
            self,
            "Function",
            runtime=RUNTIME,
            handler=_handler(unit, entry),
            code=function_code.zip_code(sources),
            layers=list(layers),
            **properties,
        )


class FunctionRole(aws_iam.Role):
    """Role that may write to its own log group; AWS's managed policy would allow all log groups."""

    def __init__(
        self, scope: Construct, id_: str, *, logs: aws_logs.ILogGroup, in_network: bool
    ) -> None:
        super().__init__(scope, id_, assumed_by=aws_iam.ServicePrincipal("lambda.amazonaws.com"))
        logs.grant_write(self)
        if in_network:
            self.add_to_policy(aws_iam.PolicyStatement(actions=_INTERFACE_ACTIONS, resources=["*"]))


def _handler(unit: str, entry: str) -> str:
    return f"functions.{unit}.{entry}.handler"


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
