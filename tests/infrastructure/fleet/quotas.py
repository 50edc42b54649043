"""AWS's quotas on what a stage deploys, and how much of each a stage uses.

All are defaults of an account. `grows` are quotas that AWS raises on request; `fleet doctor` reads
those of an account that a large fleet may exceed.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from modelfleet.resource_names import StackPart
from tests.infrastructure.templates import FleetTemplates, Resource, joined

_CLOUDFORMATION = (
    "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"
)
_IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"
_LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"
_EVENTBRIDGE = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html"
_CLOUDWATCH = (
    "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html"
)
_API_GATEWAY = "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html"
_CODEDEPLOY = "https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html"

# A placeholder of a reference is shorter than the ARN or ID that replaces it.
_REFERENCE = "x" * 120
# What a search finds: a value for each feature, class, measure, or version.
_FOUND_PER_SEARCH = 30

Used = Mapping[str, int]


@dataclass(frozen=True)
class Quota:
    """A quota, and the count of what a stage uses of it, by what has the quota."""

    name: str
    limit: int
    source: str
    count: Callable[[FleetTemplates], Used]
    grows: bool = False

    def exceeded(self, fleet: FleetTemplates) -> Used:
        """What uses more than the quota."""
        return {name: used for name, used in self.count(fleet).items() if used > self.limit}


def _all(fleet: FleetTemplates, kind: str) -> Iterator[tuple[StackPart, str, dict[str, Any]]]:
    for part in fleet.parts:
        for name, resource in fleet.resources(part, kind).items():
            yield part, name, resource.get("Properties", {})


def _number(*kinds: str) -> Callable[[FleetTemplates], Used]:
    """Count resources of these types in all stacks."""
    return lambda fleet: {kind: sum(1 for _ in _all(fleet, kind)) for kind in kinds}


def _resources(fleet: FleetTemplates) -> Used:
    return {part: len(template["Resources"]) for part, template in fleet.parts.items()}


def _outputs(fleet: FleetTemplates) -> Used:
    return {part: len(template.get("Outputs", {})) for part, template in fleet.parts.items()}


def _bytes(fleet: FleetTemplates) -> Used:
    """As the CDK writes templates, with indentation."""
    return {part: len(text.encode()) for part, text in fleet.texts.items()}


def _characters(value: Any) -> int:
    """The length of a document in JSON without spaces, with an ARN for each reference."""
    return len(json.dumps(_resolved(value), separators=(",", ":")))


def _resolved(value: Any) -> Any:
    if isinstance(value, list):
        return [_resolved(each) for each in value]
    if not isinstance(value, dict):
        return value
    if set(value) & {"Ref", "Fn::GetAtt", "Fn::GetStackOutput", "Fn::Select", "Fn::Join"}:
        # Pseudo parameters, such as a Region, are much shorter than an ARN.
        return joined(value) if "Fn::Join" in value else _REFERENCE
    return {key: _resolved(each) for key, each in value.items()}


def _inline_policies(fleet: FleetTemplates) -> Used:
    sizes: Counter[str] = Counter()
    for part, _, policy in _all(fleet, "AWS::IAM::Policy"):
        for role in policy["Roles"]:
            sizes[f"{part}/{role['Ref']}"] += _characters(policy["PolicyDocument"])
    return sizes


def _function_policies(fleet: FleetTemplates) -> Used:
    """Lambda's statement has the permission's properties, an ID and the function's ARN."""
    sizes: Counter[str] = Counter()
    for part, name, permission in _all(fleet, "AWS::Lambda::Permission"):
        function = f"{part}/{json.dumps(permission['FunctionName'])}"
        sizes[function] += _characters(permission) + len(name) + len(_REFERENCE)
    return sizes


def _patterns(fleet: FleetTemplates) -> Used:
    return {
        f"{part}/{name}": _characters(rule["EventPattern"])
        for part, name, rule in _all(fleet, "AWS::Events::Rule")
        if "EventPattern" in rule
    }


def _rules(fleet: FleetTemplates) -> Used:
    return Counter(
        json.dumps(rule.get("EventBusName", "default"))
        for _, _, rule in _all(fleet, "AWS::Events::Rule")
    )


def _dashboards(fleet: FleetTemplates) -> Iterator[tuple[str, list[Resource]]]:
    for _, _, board in _all(fleet, "AWS::CloudWatch::Dashboard"):
        yield board["DashboardName"], json.loads(joined(board["DashboardBody"]))["widgets"]


def _metrics(widget: Resource) -> int:
    """Its metrics, including those that its expressions use and that its searches find."""
    entries = widget["properties"].get("metrics", [])
    searches = sum("SEARCH(" in json.dumps(each) for each in entries)
    return len(entries) + searches * (_FOUND_PER_SEARCH - 1)


def _widgets(fleet: FleetTemplates) -> Used:
    return {name: len(widgets) for name, widgets in _dashboards(fleet)}


def _dashboard_metrics(fleet: FleetTemplates) -> Used:
    return {name: sum(map(_metrics, widgets)) for name, widgets in _dashboards(fleet)}


def _widget_metrics(fleet: FleetTemplates) -> Used:
    return {name: max(map(_metrics, widgets)) for name, widgets in _dashboards(fleet)}


def _alarm_metrics(fleet: FleetTemplates) -> Used:
    alarms = _all(fleet, "AWS::CloudWatch::Alarm")
    return {alarm["AlarmName"]: len(alarm.get("Metrics", [1])) for _, _, alarm in alarms}


def _api_resources(fleet: FleetTemplates) -> Used:
    """A stack has one API at most; the root is a resource too."""
    apis = Counter(part for part, _, _ in _all(fleet, "AWS::ApiGateway::Resource"))
    return {part: number + 1 for part, number in apis.items()}


QUOTAS = (
    Quota("resources of a stack", 500, _CLOUDFORMATION, _resources),
    Quota("outputs of a stack", 200, _CLOUDFORMATION, _outputs),
    Quota("bytes of a template", 1_000_000, _CLOUDFORMATION, _bytes),
    Quota("characters of a role's inline policies", 10_240, _IAM, _inline_policies),
    Quota("roles", 1_000, _IAM, _number("AWS::IAM::Role"), grows=True),
    Quota("bytes of a function's policy", 20_480, _LAMBDA, _function_policies),
    Quota("characters of an event pattern", 2_048, _EVENTBRIDGE, _patterns, grows=True),
    Quota("rules of an event bus", 300, _EVENTBRIDGE, _rules, grows=True),
    Quota("widgets of a dashboard", 500, _CLOUDWATCH, _widgets),
    Quota("metrics of a dashboard", 2_500, _CLOUDWATCH, _dashboard_metrics),
    Quota("metrics of a widget", 500, _CLOUDWATCH, _widget_metrics),
    Quota("metrics of an alarm", 10, _CLOUDWATCH, _alarm_metrics),
    Quota("alarms", 5_000, _CLOUDWATCH, _number("AWS::CloudWatch::Alarm"), grows=True),
    Quota("resources of an API", 300, _API_GATEWAY, _api_resources, grows=True),
    Quota("applications", 1_000, _CODEDEPLOY, _number("AWS::CodeDeploy::Application"), grows=True),
)
