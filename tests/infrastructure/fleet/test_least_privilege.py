"""No role may do more than its task: what has no resource is named here, action by action."""

from collections.abc import Iterator
from typing import Any

from modelfleet.domain.deployment import StackPart, drift_function
from modelfleet.domain.history import EVENT_TYPE
from modelfleet.domain.watch_requests import TRIGGERS
from modelfleet.settings import EVENT_SOURCE
from tests.infrastructure.templates import FleetTemplates, as_list, joined

PERMISSION = "AWS::Lambda::Permission"

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


def test_events_are_announced_by_kind(fleet: FleetTemplates) -> None:
    """Who may put events puts those of its own types, from our source, on the default bus alone."""
    kinds: dict[str, set[str]] = {}
    for name in fleet.functions():
        for statement in _statements(fleet, name):
            if "events:PutEvents" in as_list(statement["Action"]):
                keys = statement["Condition"]["ForAllValues:StringEquals"]
                assert as_list(keys["events:source"]) == [EVENT_SOURCE]
                assert statement["Condition"]["Null"] == dict.fromkeys(keys, "false")
                assert joined(statement["Resource"]).endswith(":event-bus/default")
                kinds[name] = set(as_list(keys["events:detail-type"]))
    stage = fleet.stage
    drift = {drift_function(stage.name, model): set(TRIGGERS) for model in fleet.models}
    assert kinds == drift | {stage.resource("release"): {EVENT_TYPE}}
    allowed = [action for action, _ in _allowed(fleet) if action.startswith("events:")]
    assert allowed.count("events:PutEvents") == len(kinds)
    assert set(allowed) == {"events:PutEvents"}


def _statements(fleet: FleetTemplates, function: str) -> list[dict[str, Any]]:
    return [each for part in fleet.parts for each in fleet.statements(part, function)]


# The keys that say on whose behalf a service acts. Without one, the service can be made to act by
# anyone: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
_SOURCES = {"aws:SourceAccount", "aws:SourceArn"}


def _to_services(fleet: FleetTemplates) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each statement of a resource's own policy that allows an AWS service something.

    Roles are left out: whoever has a service assume a role of ours needs `iam:PassRole` on it,
    which no other account can have.
    """
    for part in fleet.parts.values():
        for name, resource in part["Resources"].items():
            if resource["Type"] in ("AWS::IAM::Role", "AWS::IAM::Policy"):
                continue
            for statement in _policy_statements(resource.get("Properties", {})):
                principal = statement.get("Principal", {})
                to_all = principal == "*" or (
                    isinstance(principal, dict) and "Service" in principal
                )
                if statement["Effect"] == "Allow" and to_all:
                    yield name, statement


def _policy_statements(value: Any) -> Iterator[dict[str, Any]]:
    """Every statement below a value, whatever the property with the policy is called."""
    if isinstance(value, list):
        for each in value:
            yield from _policy_statements(each)
    elif isinstance(value, dict):
        if "Effect" in value and "Principal" in value:
            yield value
        for each in value.values():
            yield from _policy_statements(each)


def test_services_act_for_this_account_alone(fleet: FleetTemplates) -> None:
    """No policy of a topic, queue, bucket or key lets a service in without naming its source."""
    without = [
        name
        for name, statement in _to_services(fleet)
        if not _SOURCES & {key for keys in statement.get("Condition", {}).values() for key in keys}
    ]
    assert without == []


def test_services_invoke_functions_for_a_source(fleet: FleetTemplates) -> None:
    """Every right of a service to invoke a function names what it is invoked for."""
    found = [each for part in fleet.parts for each in fleet.properties(part, PERMISSION)]
    assert found
    assert [each for each in found if not {"SourceArn", "SourceAccount"} & set(each)] == []


def test_the_topic_names_its_account(told_fleet: FleetTemplates) -> None:
    """CloudWatch and Budgets publish for this account; EventBridge does so by a role of ours."""
    (policy,) = told_fleet.properties(StackPart.MONITORING, "AWS::SNS::TopicPolicy")
    allowed = [s for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Allow"]
    assert {service for s in allowed for service in as_list(s["Principal"]["Service"])} <= {
        "cloudwatch.amazonaws.com",
        "budgets.amazonaws.com",
    }
    account = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    assert [s["Condition"] for s in allowed] == [account] * len(allowed)


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
