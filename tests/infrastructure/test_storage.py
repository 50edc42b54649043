"""What is kept is encrypted, versioned, closed to the public, and outlives its stack."""

from collections.abc import Mapping

from cdk.stage import LOCAL
from modelfleet.domain.deployment import Output, StackPart
from tests.infrastructure.templates import FleetTemplates, as_list

BUCKET = "AWS::S3::Bucket"
CLUSTER = "AWS::RDS::DBCluster"


def test_buckets_are_encrypted_versioned_and_private(fleet: FleetTemplates) -> None:
    """Both buckets keep history, encrypt, and refuse the public."""
    buckets = fleet.properties(StackPart.STORAGE, BUCKET)
    assert len(buckets) == 2
    for bucket in buckets:
        assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
        assert all(bucket["PublicAccessBlockConfiguration"].values())


def test_buckets_refuse_plain_http(cloud_fleet: FleetTemplates) -> None:
    """Each bucket denies every action without TLS."""
    policies = cloud_fleet.properties(StackPart.STORAGE, "AWS::S3::BucketPolicy")
    denials = [
        statement
        for policy in policies
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny"
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    ]
    assert len(policies) == len(denials) == 2


def test_data_outlives_its_stack_where_it_matters(fleet: FleetTemplates) -> None:
    """Staging and prod keep buckets and database; local and dev leave nothing behind."""
    kept = fleet.stage.name in ("staging", "prod")
    for bucket in fleet.resources(StackPart.STORAGE, BUCKET).values():
        assert bucket["DeletionPolicy"] == ("Retain" if kept else "Delete")
    for cluster in fleet.resources(StackPart.STORAGE, CLUSTER).values():
        assert cluster["DeletionPolicy"] == ("Snapshot" if kept else "Delete")
        assert cluster["Properties"]["DeletionProtection"] is kept


def test_staged_candidates_expire_and_bundles_do_not(fleet: FleetTemplates) -> None:
    """Lifecycle rules touch what is passing by, never models, releases or data sets."""
    prefixes = {
        rule.get("Prefix")
        for bucket in fleet.properties(StackPart.STORAGE, BUCKET)
        for rule in bucket["LifecycleConfiguration"]["Rules"]
        if "ExpirationInDays" in rule
    }
    assert prefixes == {"staging/", "quarantine/", "batch/"}


def test_the_database_sleeps_and_knows_no_password(cloud_fleet: FleetTemplates) -> None:
    """Aurora scales to zero, is encrypted, takes IAM tokens and manages its own master secret."""
    (cluster,) = cloud_fleet.properties(StackPart.STORAGE, CLUSTER)
    assert cluster["ServerlessV2ScalingConfiguration"]["MinCapacity"] == 0
    assert cluster["StorageEncrypted"] is True
    assert cluster["EnableIAMDatabaseAuthentication"] is True
    assert cluster["ManageMasterUserPassword"] is True
    assert "MasterUserPassword" not in cluster


def test_nothing_idles_in_the_network(cloud_fleet: FleetTemplates) -> None:
    """No NAT, no internet gateway, no interface endpoint: S3's gateway is the only way out."""
    for kind in ("AWS::EC2::NatGateway", "AWS::EC2::InternetGateway", "AWS::EC2::EIP"):
        assert not cloud_fleet.resources(StackPart.STORAGE, kind)
    (endpoint,) = cloud_fleet.properties(StackPart.STORAGE, "AWS::EC2::VPCEndpoint")
    assert endpoint["VpcEndpointType"] == "Gateway"


def test_the_database_lets_only_its_clients_in(cloud_fleet: FleetTemplates) -> None:
    """The one rule into the database names a security group, not an address range."""
    (rule,) = cloud_fleet.properties(StackPart.STORAGE, "AWS::EC2::SecurityGroupIngress")
    assert "SourceSecurityGroupId" in rule
    assert "CidrIp" not in rule


def test_local_needs_neither_network_nor_database(fleets: Mapping[str, FleetTemplates]) -> None:
    """Local's storage is two buckets; its database runs beside the engine."""
    kinds = {r["Type"] for r in fleets[LOCAL.name].parts[StackPart.STORAGE]["Resources"].values()}
    assert kinds == {BUCKET}


def test_storage_says_its_buckets(fleet: FleetTemplates) -> None:
    """The command finds the buckets among the stack's outputs."""
    assert {Output.LAKE_BUCKET, Output.ARTIFACTS_BUCKET} <= set(
        fleet.parts[StackPart.STORAGE]["Outputs"]
    )


def test_no_stack_holds_another_back(fleet: FleetTemplates) -> None:
    """No template exports or imports a value, so that each stack can change alone."""
    for template in fleet.parts.values():
        assert not any("Export" in output for output in template.get("Outputs", {}).values())
        assert "Fn::ImportValue" not in str(template)


def test_the_stacks_delete_protection_follows_the_data(fleet: FleetTemplates) -> None:
    """A retained bucket is never also emptied."""
    emptied = fleet.resources(StackPart.STORAGE, "Custom::S3AutoDeleteObjects")
    assert len(as_list(list(emptied))) == (2 if fleet.stage.name == "dev" else 0)
