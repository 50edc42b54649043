"""A VPC whose only way out is S3."""

from aws_cdk import aws_ec2, aws_s3
from constructs import Construct

_ZONES = 2
_SUBNET_MASK = 24
_HTTPS = 443


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
        self.database = aws_ec2.SecurityGroup(
            self,
            "Database",
            vpc=self.vpc,
            description="The registry database, which calls nobody",
            allow_all_outbound=False,
        )
        self.database_clients = aws_ec2.SecurityGroup(
            self,
            "DatabaseClients",
            vpc=self.vpc,
            description="Functions that reach the registry database",
            # The database adds its own rule; the other one is for S3.
            allow_all_outbound=False,
        )
        self.database_clients.add_egress_rule(
            aws_ec2.Peer.any_ipv4(), aws_ec2.Port.tcp(_HTTPS), "S3 through its gateway"
        )


def _isolated_subnets() -> aws_ec2.SubnetConfiguration:
    return aws_ec2.SubnetConfiguration(
        name="isolated",
        subnet_type=aws_ec2.SubnetType.PRIVATE_ISOLATED,
        cidr_mask=_SUBNET_MASK,
    )
