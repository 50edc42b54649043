"""No role may do more than its task: actions without resources are listed here one by one."""

from collections.abc import Iterator
from typing import Any

from modelfleet.release.history import EVENT_TYPE
from modelfleet.release.notice import APPROVAL_EVENT
from modelfleet.resource_names import StackPart, drift_function, event_bus
from modelfleet.retraining.decision_event import DecisionKind
from modelfleet.settings import EVENT_SOURCE
from tests.infrastructure.templates import FleetTemplates, as_list, joined

PERMISSION = "AWS::Lambda::Permission"

# These support no resources, or none that exist before the call; conditions limit them if any.
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
    """Each action that a role is allowed, with its statement."""
    for part in fleet.parts:
        for policy in fleet.properties(part, "AWS::IAM::Policy"):
            for statement in policy["PolicyDocument"]["Statement"]:
                if statement["Effect"] == "Allow":
                    yield from ((action, statement) for action in as_list(statement["Action"]))


def test_events_are_limited_to_their_types(fleet: FleetTemplates) -> None:
    """A function may only put events of its own types, from our source, on its stage's bus."""
    kinds: dict[str, set[str]] = {}
    for name in fleet.functions():
        for statement in _statements(fleet, name):
            if "events:PutEvents" in as_list(statement["Action"]):
                keys = statement["Condition"]["ForAllValues:StringEquals"]
                assert as_list(keys["events:source"]) == [EVENT_SOURCE]
                assert statement["Condition"]["Null"] == dict.fromkeys(keys, "false")
                assert joined(statement["Resource"]).endswith(
                    f":event-bus/{event_bus(fleet.stage.name)}"
                )
                kinds[name] = set(as_list(keys["events:detail-type"]))
    stage = fleet.stage
    drift = {drift_function(stage.name, model): set(DecisionKind) for model in fleet.models}
    assert kinds == drift | {stage.resource("release"): {EVENT_TYPE, APPROVAL_EVENT}}
    allowed = [action for action, _ in _allowed(fleet) if action.startswith("events:")]
    assert allowed.count("events:PutEvents") == len(kinds)
    assert set(allowed) == {"events:PutEvents"}


def _statements(fleet: FleetTemplates, function: str) -> list[dict[str, Any]]:
    return [each for part in fleet.parts for each in fleet.statements(part, function)]


# Keys for the account or resource that a service acts for. Without one, anyone can make it act:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
_SOURCES = {"aws:SourceAccount", "aws:SourceArn"}


def _to_services(fleet: FleetTemplates) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each statement of a resource policy that allows an AWS service something.

    Roles are left out: having a service assume one of them takes `iam:PassRole` on it, which no
    other account can have.
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
    """Every statement below a value, whatever property holds the policy."""
    if isinstance(value, list):
        for each in value:
            yield from _policy_statements(each)
    elif isinstance(value, dict):
        if "Effect" in value and "Principal" in value:
            yield value
        for each in value.values():
            yield from _policy_statements(each)


def test_services_act_only_for_this_account(fleet: FleetTemplates) -> None:
    """No policy of a topic, queue, bucket or key allows a service without naming its source."""
    without = [
        name
        for name, statement in _to_services(fleet)
        if not _SOURCES & {key for keys in statement.get("Condition", {}).values() for key in keys}
    ]
    assert without == []


def test_services_invoke_functions_for_a_source(fleet: FleetTemplates) -> None:
    """Every permission of a service to invoke a function names the source."""
    found = [each for part in fleet.parts for each in fleet.properties(part, PERMISSION)]
    assert found
    assert [each for each in found if not {"SourceArn", "SourceAccount"} & set(each)] == []


def test_the_topic_names_its_account(notified_fleet: FleetTemplates) -> None:
    """CloudWatch and Budgets publish for this account; EventBridge uses a role of ours."""
    (policy,) = notified_fleet.properties(StackPart.MONITORING, "AWS::SNS::TopicPolicy")
    allowed = [s for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Allow"]
    assert {service for s in allowed for service in as_list(s["Principal"]["Service"])} <= {
        "cloudwatch.amazonaws.com",
        "budgets.amazonaws.com",
    }
    account = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    assert [s["Condition"] for s in allowed] == [account] * len(allowed)


def test_no_action_is_a_pattern(fleet: FleetTemplates) -> None:
    """Every permission names exact actions, without wildcards."""
    actions = {action for action, _ in _allowed(fleet)}
    assert actions
    assert {action for action in actions if "*" in action} == set()


def test_only_actions_without_resources_are_allowed_on_all(fleet: FleetTemplates) -> None:
    """Permissions on all resources are those that AWS cannot limit to one."""
    unbound = {action for action, s in _allowed(fleet) if "*" in as_list(s["Resource"])}
    assert unbound <= WITHOUT_RESOURCE


def test_functions_have_roles_of_their_own(fleet: FleetTemplates) -> None:
    """No two functions share a role, and none has a policy managed by AWS."""
    roles = [f["Role"]["Fn::GetAtt"][0] for f in fleet.functions().values()]
    assert len(roles) == len(set(roles))
    for part in fleet.parts:
        for name, role in fleet.resources(part, "AWS::IAM::Role").items():
            assert name not in roles or "ManagedPolicyArns" not in role["Properties"]
