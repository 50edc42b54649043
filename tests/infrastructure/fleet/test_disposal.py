"""Deleting stage dev leaves nothing behind that costs money, and logs are kept as long as said."""

from collections.abc import Iterator, Mapping

import pytest

from modelfleet.domain.deployment import StackPart
from tests.infrastructure.templates import FleetTemplates, Resource

LOG_GROUP = "AWS::Logs::LogGroup"
# An account's own setting with its role, which other stages and other APIs of it use; both free.
ACCOUNTS_OWN = {"AWS::ApiGateway::Account", "AWS::IAM::Role"}
# CloudFormation itself keeps a snapshot of these where nothing is said.
SNAPSHOT_BY_ITSELF = {"AWS::RDS::DBCluster", "AWS::EC2::Volume", "AWS::Redshift::Cluster"}


@pytest.fixture
def dev(fleets: Mapping[str, FleetTemplates]) -> FleetTemplates:
    """The stage that is there to be thrown away."""
    return fleets["dev"]


def _all(fleet: FleetTemplates) -> Iterator[tuple[StackPart, str, Resource]]:
    for part, template in fleet.parts.items():
        for name, resource in template["Resources"].items():
            yield part, name, resource


def test_nothing_is_kept(dev: FleetTemplates) -> None:
    """No resource of dev is retained or leaves a snapshot, whether deleted or replaced."""
    for _, name, resource in _all(dev):
        policies = {resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy")}
        if resource["Type"] not in ACCOUNTS_OWN:
            assert policies <= {"Delete", None}, name
        if resource["Type"] in SNAPSHOT_BY_ITSELF:
            assert policies == {"Delete"}, name


def test_what_holds_data_can_be_deleted(dev: FleetTemplates) -> None:
    """Buckets are emptied first, the database is not protected, and there is no vault."""
    part = StackPart.STORAGE
    emptied = {
        each["BucketName"]["Ref"] for each in dev.properties(part, "Custom::S3AutoDeleteObjects")
    }
    assert emptied == set(dev.resources(part, "AWS::S3::Bucket"))
    (cluster,) = dev.properties(part, "AWS::RDS::DBCluster")
    assert cluster["DeletionProtection"] is False
    # Its automatic backups go with it.
    assert cluster.get("DeleteAutomatedBackups", True) is True
    assert dev.resources(part, "AWS::Backup::BackupVault") == {}


def test_every_function_logs_to_a_group_of_its_stack(cloud_fleet: FleetTemplates) -> None:
    """The CDK's own functions too: a group that Lambda makes is kept for ever, and stays."""
    for part in cloud_fleet.parts:
        groups = cloud_fleet.resources(part, LOG_GROUP)
        for function in cloud_fleet.properties(part, "AWS::Lambda::Function"):
            assert function["LoggingConfig"]["LogGroup"]["Ref"] in groups


def test_logs_are_kept_as_long_as_the_stage_says(fleet: FleetTemplates) -> None:
    """No group is without an end, or has another than the stage's."""
    for part in fleet.parts:
        for group in fleet.properties(part, LOG_GROUP):
            assert group["RetentionInDays"] == fleet.stage.log_retention_days


def test_nobody_calls_out_of_the_network(cloud_fleet: FleetTemplates) -> None:
    """The database opens no connection, and its clients go to it and to S3 over TLS alone."""
    part = StackPart.STORAGE
    ways = [
        way
        for group in cloud_fleet.properties(part, "AWS::EC2::SecurityGroup")
        for way in group["SecurityGroupEgress"]
    ]
    assert {way["IpProtocol"] for way in ways} == {"tcp", "icmp"}
    (tls,) = [way for way in ways if way["IpProtocol"] == "tcp"]
    assert (tls["FromPort"], tls["ToPort"]) == (443, 443)
    # The CDK's way of saying nowhere.
    assert {way["CidrIp"] for way in ways if way is not tls} == {"255.255.255.255/32"}
    (database,) = cloud_fleet.properties(part, "AWS::EC2::SecurityGroupEgress")
    assert "DestinationSecurityGroupId" in database
