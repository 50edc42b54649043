"""The database's users are created once its writer is up, with permissions that have propagated.

A policy that waits for the database too is created a moment before its first use, and denied:
https://github.com/aws/aws-cdk/issues/37675, https://github.com/aws/aws-cdk/issues/23340
"""

from collections.abc import Iterator
from typing import Any

import pytest

from modelfleet.registry.database_users import OWNER, USER
from modelfleet.resource_names import StackPart
from tests.infrastructure.templates import FleetTemplates, as_list

PART = StackPart.STORAGE
KIND = "Custom::RegistryUsers"
CLUSTER, WRITER = "AWS::RDS::DBCluster", "AWS::RDS::DBInstance"


def _direct(value: Any) -> Iterator[str]:
    """The logical IDs that a value refers to."""
    if isinstance(value, list):
        for each in value:
            yield from _direct(each)
    elif isinstance(value, dict):
        if "Ref" in value:
            yield value["Ref"]
        if "Fn::GetAtt" in value:
            yield value["Fn::GetAtt"][0]
        for each in value.values():
            yield from _direct(each)


def _waits_on(fleet: FleetTemplates, name: str) -> set[str]:
    """All resources that are created before one."""
    resources = fleet.parts[PART]["Resources"]
    found: set[str] = set()
    ahead = [name]
    while ahead:
        resource = resources[ahead.pop()]
        needed = {*as_list(resource.get("DependsOn", [])), *_direct(resource.get("Properties"))}
        new = (needed & set(resources)) - found
        found |= new
        ahead += new
    return found


@pytest.fixture
def users(cloud_fleet: FleetTemplates) -> str:
    """The resource's logical ID."""
    ((name, resource),) = cloud_fleet.resources(PART, KIND).items()
    assert {"Owner": OWNER, "User": USER}.items() <= resource["Properties"].items()
    return name


def _function(fleet: FleetTemplates) -> str:
    wanted = fleet.stage.resource("registry-users")
    functions = fleet.resources(PART, "AWS::Lambda::Function").items()
    return next(key for key, f in functions if f["Properties"].get("FunctionName") == wanted)


def _policies(fleet: FleetTemplates) -> set[str]:
    """The policies of the function and of the framework that calls it."""
    roles = {
        role
        for key, function in fleet.resources(PART, "AWS::Lambda::Function").items()
        if key == _function(fleet) or "RegistryUsers" in key
        for role in _direct(function["Properties"]["Role"])
    }
    policies = fleet.resources(PART, "AWS::IAM::Policy").items()
    return {key for key, each in policies if roles & set(_direct(each["Properties"]["Roles"]))}


def test_the_users_wait_for_writer_and_permissions(cloud_fleet: FleetTemplates, users: str) -> None:
    """The resource is created last: after the instance, the function and both policies."""
    waits = _waits_on(cloud_fleet, users)
    assert set(cloud_fleet.resources(PART, WRITER)) <= waits
    assert len(_policies(cloud_fleet)) == 2
    assert _policies(cloud_fleet) <= waits
    assert _function(cloud_fleet) in waits


def test_no_policy_and_no_function_waits_for_the_writer(
    cloud_fleet: FleetTemplates, users: str
) -> None:
    """They exist minutes before they are used, and only depend on the cluster's name."""
    writers = set(cloud_fleet.resources(PART, WRITER))
    resources = cloud_fleet.parts[PART]["Resources"]
    for name in {*_waits_on(cloud_fleet, users)} - writers:
        assert not writers & _waits_on(cloud_fleet, name), name
    for name in (*_policies(cloud_fleet), _function(cloud_fleet)):
        ordered = as_list(resources[name].get("DependsOn", []))
        assert not {resources[each]["Type"] for each in ordered} & {CLUSTER, WRITER}, name


def test_the_function_may_do_its_one_task(cloud_fleet: FleetTemplates) -> None:
    """It runs statements on this cluster, reads this secret, writes its log, and nothing else."""
    statements = cloud_fleet.statements(PART, cloud_fleet.stage.resource("registry-users"))
    actions = {action for s in statements for action in as_list(s["Action"])}
    rights = {"rds-data:ExecuteStatement", "secretsmanager:GetSecretValue"}
    assert {a for a in actions if not a.startswith(("logs:", "xray:"))} == rights
    for statement in statements:
        if rights & set(as_list(statement["Action"])):
            assert set(_direct(statement["Resource"])) & set(cloud_fleet.resources(PART, CLUSTER))


def test_the_framework_outlasts_the_function(cloud_fleet: FleetTemplates, users: str) -> None:
    """If the function times out, the framework still answers CloudFormation."""
    function = cloud_fleet.parts[PART]["Resources"][_function(cloud_fleet)]["Properties"]
    token = cloud_fleet.parts[PART]["Resources"][users]["Properties"]["ServiceToken"]
    framework = cloud_fleet.parts[PART]["Resources"][token["Fn::GetAtt"][0]]["Properties"]
    assert framework["Timeout"] > function["Timeout"] >= 300
    called = framework["Environment"]["Variables"]["USER_ON_EVENT_FUNCTION_ARN"]
    assert set(_direct(called)) == {_function(cloud_fleet)}


def test_only_the_data_is_retained(cloud_fleet: FleetTemplates, users: str) -> None:
    """A destroyed stage keeps the database, but not what creates its users."""
    resources = cloud_fleet.parts[PART]["Resources"]
    for name in (users, _function(cloud_fleet), *_policies(cloud_fleet)):
        assert resources[name].get("DeletionPolicy") in (None, "Delete")
