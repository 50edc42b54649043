"""Deleting stage dev leaves nothing that costs money, and logs expire as configured."""

from collections.abc import Iterator, Mapping

import pytest

from modelfleet.resource_names import StackPart
from tests.infrastructure.templates import FleetTemplates, Resource

LOG_GROUP = "AWS::Logs::LogGroup"
# A setting of the account, and its role, which its other APIs use too; both are free.
ACCOUNTS_OWN = {"AWS::ApiGateway::Account", "AWS::IAM::Role"}
# CloudFormation keeps a snapshot of these by default.
SNAPSHOT_BY_ITSELF = {"AWS::RDS::DBCluster", "AWS::EC2::Volume", "AWS::Redshift::Cluster"}


@pytest.fixture
def dev(fleets: Mapping[str, FleetTemplates]) -> FleetTemplates:
    """The disposable stage."""
    return fleets["dev"]


def _all(fleet: FleetTemplates) -> Iterator[tuple[StackPart, str, Resource]]:
    for part, template in fleet.parts.items():
        for name, resource in template["Resources"].items():
            yield part, name, resource


def test_nothing_is_retained(dev: FleetTemplates) -> None:
    """No resource of dev is retained or leaves a snapshot, whether deleted or replaced."""
    for _, name, resource in _all(dev):
        policies = {resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy")}
        if resource["Type"] not in ACCOUNTS_OWN:
            assert policies <= {"Delete", None}, name
        if resource["Type"] in SNAPSHOT_BY_ITSELF:
            assert policies == {"Delete"}, name


def test_data_can_be_deleted(dev: FleetTemplates) -> None:
    """Buckets are emptied first, the database is not protected, and there is no vault."""
    part = StackPart.STORAGE
    emptied = {
        each["BucketName"]["Ref"] for each in dev.properties(part, "Custom::S3AutoDeleteObjects")
    }
    assert emptied == set(dev.resources(part, "AWS::S3::Bucket"))
    (cluster,) = dev.properties(part, "AWS::RDS::DBCluster")
    assert cluster["DeletionProtection"] is False
    # Its automatic backups are deleted with it.
    assert cluster.get("DeleteAutomatedBackups", True) is True
    assert dev.resources(part, "AWS::Backup::BackupVault") == {}


def test_every_function_logs_to_a_group_of_its_stack(cloud_fleet: FleetTemplates) -> None:
    """The CDK's own functions do too; groups that Lambda creates never expire."""
    for part in cloud_fleet.parts:
        groups = cloud_fleet.resources(part, LOG_GROUP)
        for function in cloud_fleet.properties(part, "AWS::Lambda::Function"):
            assert function["LoggingConfig"]["LogGroup"]["Ref"] in groups


def test_logs_are_kept_as_long_as_the_stage_says(fleet: FleetTemplates) -> None:
    """Every log group has the stage's retention."""
    for part in fleet.parts:
        for group in fleet.properties(part, LOG_GROUP):
            assert group["RetentionInDays"] == fleet.stage.log_retention_days


def test_nothing_connects_out_of_the_network(cloud_fleet: FleetTemplates) -> None:
    """The database opens no connection, and its clients reach only it and, over TLS, S3."""
    part = StackPart.STORAGE
    ways = [
        way
        for group in cloud_fleet.properties(part, "AWS::EC2::SecurityGroup")
        for way in group["SecurityGroupEgress"]
    ]
    assert {way["IpProtocol"] for way in ways} == {"tcp", "icmp"}
    (tls,) = [way for way in ways if way["IpProtocol"] == "tcp"]
    assert (tls["FromPort"], tls["ToPort"]) == (443, 443)
    # How the CDK allows no egress.
    assert {way["CidrIp"] for way in ways if way is not tls} == {"255.255.255.255/32"}
    (database,) = cloud_fleet.properties(part, "AWS::EC2::SecurityGroupEgress")
    assert "DestinationSecurityGroupId" in database
