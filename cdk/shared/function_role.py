"""The role that a function runs as: its own log and, in a network, its own interface."""

from aws_cdk import aws_iam, aws_logs
from constructs import Construct

# Lambda makes the interfaces; none of these actions can be bound to one that is not there yet.
_INTERFACE_ACTIONS = [
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
]


class FunctionRole(aws_iam.Role):
    """Starts with the right to write this one log group, where AWS's own policy names all."""

    def __init__(
        self, scope: Construct, id_: str, *, logs: aws_logs.ILogGroup, in_network: bool
    ) -> None:
        super().__init__(scope, id_, assumed_by=aws_iam.ServicePrincipal("lambda.amazonaws.com"))
        logs.grant_write(self)
        if in_network:
            self.add_to_policy(aws_iam.PolicyStatement(actions=_INTERFACE_ACTIONS, resources=["*"]))
