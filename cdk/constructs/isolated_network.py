"""A VPC without a way out but S3."""

from aws_cdk import aws_ec2, aws_s3
from constructs import Construct

_ZONES = 2
_SUBNET_MASK = 24


class IsolatedNetwork(Construct):
    """Isolated subnets with an S3 gateway endpoint: no NAT, no interface endpoint, no idle cost."""

    def __init__(self, scope: Construct, id_: str, *, logs: aws_s3.IBucket) -> None:
        super().__init__(scope, id_)
        self.vpc = aws_ec2.Vpc(
            self,
            "Vpc",
            max_azs=_ZONES,
            nat_gateways=0,
            subnet_configuration=[_isolated_subnets()],
        )
        self.vpc.add_gateway_endpoint("S3", service=aws_ec2.GatewayVpcEndpointAwsService.S3)
        self.vpc.add_flow_log(
            "Refused",
            destination=aws_ec2.FlowLogDestination.to_s3(logs, "network/"),
            traffic_type=aws_ec2.FlowLogTrafficType.REJECT,
        )
        self.database_clients = aws_ec2.SecurityGroup(
            self,
            "DatabaseClients",
            vpc=self.vpc,
            description="Functions that reach the registry database",
        )


def _isolated_subnets() -> aws_ec2.SubnetConfiguration:
    return aws_ec2.SubnetConfiguration(
        name="isolated",
        subnet_type=aws_ec2.SubnetType.PRIVATE_ISOLATED,
        cidr_mask=_SUBNET_MASK,
    )
