"""A failed deployment can be repeated, and a destroyed stage deployed again.

What CloudFormation retains, and when:
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from modelfleet.resource_names import StackPart, stack_name
from tests.infrastructure.templates import FleetTemplates, Resource, synthesize
from tests.stages import PROD

# Always retained, each for a reason; neither has a fixed name.
KEPT_ALWAYS = {
    "AWS::ApiGateway::Account": "the account's own setting, which the APIs of other stages use",
    "AWS::IAM::Role": "the role in that setting: without it no API of the account writes a log",
}
# CloudFormation keeps a snapshot of these by default.
_SNAPSHOTS = {"AWS::RDS::DBCluster", "AWS::EC2::Volume"}
_STACK_ID = "AWS::StackId"
# Besides a type's identifier: names that are unique in their account or network.
_NAME = re.compile(r"^(Group|Function|Role|Alarm|Topic|Queue|Rule|Budget\w*)?Name$|\w+Identifier$")


def _all(fleet: FleetTemplates) -> Iterator[tuple[StackPart, str, Resource]]:
    for part, template in fleet.parts.items():
        for name, resource in template["Resources"].items():
            yield part, name, resource


def _after_failed_create(fleet: FleetTemplates) -> list[Resource]:
    """The resources that remain after a stack's creation is rolled back."""
    return [each for _, _, each in _all(fleet) if each.get("DeletionPolicy") == "Retain"]


def _after_destroy(fleet: FleetTemplates) -> list[Resource]:
    """The resources that remain after the stacks are deleted."""
    kept = ("Retain", "RetainExceptOnCreate")
    return [each for _, _, each in _all(fleet) if each.get("DeletionPolicy") in kept]


def _names(resource: Resource) -> dict[str, Any]:
    """The properties that identify a resource in its account, if the template sets them."""
    kind, properties = resource["Type"], resource.get("Properties", {})
    identifiers: set[str] = set()
    if not kind.startswith("Custom::"):
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
        identifiers = {each.rpartition("/")[2] for each in schema["primaryIdentifier"]}
    return {
        key: value for key, value in properties.items() if key in identifiers or _NAME.match(key)
    }


def _is_fixed(name: Any) -> bool:
    """Whether the next stack uses the same name: one without a stack's ID or a reference."""
    return _STACK_ID not in json.dumps(name) and not (
        isinstance(name, dict) and set(name) & {"Ref", "Fn::GetAtt"}
    )


def test_fixed_names_are_recognized() -> None:
    """A name in a template is fixed, a generated one is not."""
    group = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/aws/lambda/f"}}
    vault = {"Type": "AWS::Backup::BackupVault", "Properties": {"BackupVaultName": "v"}}
    guard = {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupName": "g"}}
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "b"}}
    for resource in (group, vault, guard, bucket):
        (name,) = _names(resource).values()
        assert _is_fixed(name)
    assert not _is_fixed({"Fn::Join": ["", ["v-", {"Ref": _STACK_ID}]]})
    assert not _is_fixed({"Ref": "Bucket"})


def test_a_failed_creation_leaves_nothing(fleet: FleetTemplates) -> None:
    """Everything that a rolled back stack created is deleted, except what the account shares."""
    left = _after_failed_create(fleet)
    assert {each["Type"] for each in left} <= set(KEPT_ALWAYS)
    assert [names for each in left if (names := _names(each))] == []
    for _, name, resource in _all(fleet):
        if resource["Type"] in _SNAPSHOTS:
            assert resource.get("DeletionPolicy") in ("Delete", "RetainExceptOnCreate"), name


def test_nothing_is_protected_before_it_is_up(fleet: FleetTemplates) -> None:
    """The first deployment can be rolled back, and its stacks deleted to try again."""
    for part in StackPart:
        assert not fleet.stage.is_protected(part)
        assert not _manifest(fleet, part).get("terminationProtection")
    for cluster in fleet.properties(StackPart.STORAGE, "AWS::RDS::DBCluster"):
        assert cluster["DeletionProtection"] is False


def test_retained_resources_do_not_block_the_next_stage(fleet: FleetTemplates) -> None:
    """No resource that outlives a stage has a name that the next one uses."""
    fixed = [
        (each["Type"], name)
        for each in _after_destroy(fleet)
        for name in _names(each).values()
        if _is_fixed(name)
    ]
    assert fixed == []


def test_replaced_resources_do_not_block_their_successors(fleet: FleetTemplates) -> None:
    """A resource that an update replaces and retains has no name that its successor needs."""
    for _, name, resource in _all(fleet):
        if resource.get("UpdateReplacePolicy") == "Retain" and "DeletionPolicy" in resource:
            fixed = [each for each in _names(resource).values() if _is_fixed(each)]
            assert fixed == [], name


def test_recreated_log_groups_do_not_block_the_next_stage(cloud_fleet: FleetTemplates) -> None:
    """A function's last lines may recreate its group, whose name no new stack uses."""
    groups = [each for _, _, each in _all(cloud_fleet) if each["Type"] == "AWS::Logs::LogGroup"]
    assert len(groups) > 10
    for group in groups:
        assert _STACK_ID in json.dumps(group["Properties"]["LogGroupName"])


@pytest.fixture(scope="module")
def protected(tmp_path_factory: pytest.TempPathFactory) -> FleetTemplates:
    """Prod when all stacks but batch are up."""
    parts = frozenset(StackPart) - {StackPart.BATCH}
    return synthesize(replace(PROD, protected=parts), tmp_path_factory.mktemp("protected"))


def test_a_stage_that_is_up_is_protected(protected: FleetTemplates) -> None:
    """Its stacks and its database are protected; a stack that is not up yet can be deleted."""
    found = {part for part in StackPart if _manifest(protected, part).get("terminationProtection")}
    assert found == set(StackPart) - {StackPart.BATCH}
    (cluster,) = protected.properties(StackPart.STORAGE, "AWS::RDS::DBCluster")
    assert cluster["DeletionProtection"] is True


def test_protection_changes_nothing_else(
    protected: FleetTemplates, fleets: Mapping[str, FleetTemplates]
) -> None:
    """The deployment that protects a stage changes no resource but the database."""
    unlike = {
        (part, key)
        for part, template in protected.parts.items()
        for key, resource in template["Resources"].items()
        if resource != fleets["prod"].parts[part]["Resources"].get(key)
    }
    clusters = protected.resources(StackPart.STORAGE, "AWS::RDS::DBCluster")
    assert unlike == {(StackPart.STORAGE, key) for key in clusters}


def test_a_disposable_stage_is_never_protected() -> None:
    """Where no data is retained, the setting has no effect."""
    stages = [replace(PROD, retain_data=False, protected=frozenset(StackPart))]
    assert not any(stage.is_protected(part) for stage in stages for part in StackPart)


def _manifest(fleet: FleetTemplates, part: StackPart) -> dict[str, Any]:
    manifest = json.loads((fleet.folder / "manifest.json").read_text())
    properties: dict[str, Any] = manifest["artifacts"][stack_name(fleet.stage.name, part)][
        "properties"
    ]
    return properties
