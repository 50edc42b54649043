"""No role may do more than its task: what has no resource is named here, action by action."""

from collections.abc import Iterator
from typing import Any

from tests.infrastructure.templates import FleetTemplates, as_list

# AWS knows no resource for these, or none before the call; conditions bound them where there are.
WITHOUT_RESOURCE = {
    "cloudwatch:GetMetricData",
    "cloudwatch:ListMetrics",
    "cloudwatch:PutMetricData",
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}


def _allowed(fleet: FleetTemplates) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each action that a role of ours is allowed, with its statement."""
    for part in fleet.parts:
        for policy in fleet.properties(part, "AWS::IAM::Policy"):
            for statement in policy["PolicyDocument"]["Statement"]:
                if statement["Effect"] == "Allow":
                    yield from ((action, statement) for action in as_list(statement["Action"]))


def test_no_action_is_a_pattern(fleet: FleetTemplates) -> None:
    """Every right is spelled out: no action has a star."""
    actions = {action for action, _ in _allowed(fleet)}
    assert actions
    assert {action for action in actions if "*" in action} == set()


def test_only_what_knows_no_resource_is_allowed_on_all(fleet: FleetTemplates) -> None:
    """Rights on every resource are those that AWS cannot bind to one."""
    unbound = {action for action, s in _allowed(fleet) if "*" in as_list(s["Resource"])}
    assert unbound <= WITHOUT_RESOURCE


def test_functions_have_roles_of_their_own(fleet: FleetTemplates) -> None:
    """No two functions share a role, and none has a policy that AWS wrote."""
    roles = [f["Role"]["Fn::GetAtt"][0] for f in fleet.functions().values()]
    assert len(roles) == len(set(roles))
    for part in fleet.parts:
        for name, role in fleet.resources(part, "AWS::IAM::Role").items():
            assert name not in roles or "ManagedPolicyArns" not in role["Properties"]
