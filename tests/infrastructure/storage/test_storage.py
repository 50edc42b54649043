"""Stored data is encrypted, versioned and private, and outlives its stack."""

import ssl
from collections.abc import Mapping

import pytest

from cdk.settings.stage import StageError
from cdk.storage.registry_database import require_authority
from modelfleet.resource_names import Output, StackPart
from tests.infrastructure.templates import DATABASE_TLS, REPOSITORY, FleetTemplates, as_list, texts
from tests.stages import LOCAL

BUCKET = "AWS::S3::Bucket"
CLUSTER = "AWS::RDS::DBCluster"
KEPT = "RetainExceptOnCreate"


def test_buckets_are_encrypted_versioned_and_private(fleet: FleetTemplates) -> None:
    """Every bucket is encrypted, keeps old versions, and blocks public access."""
    buckets = fleet.properties(StackPart.STORAGE, BUCKET)
    assert len(buckets) == (2 if fleet.stage is LOCAL else 3)
    for bucket in buckets:
        assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
        assert all(bucket["PublicAccessBlockConfiguration"].values())


def test_buckets_refuse_plain_http(cloud_fleet: FleetTemplates) -> None:
    """Each bucket denies every action without TLS."""
    policies = cloud_fleet.properties(StackPart.STORAGE, "AWS::S3::BucketPolicy")
    for policy in cloud_fleet.resources(StackPart.STORAGE, "AWS::S3::BucketPolicy").values():
        assert (policy.get("DeletionPolicy") == KEPT) is cloud_fleet.stage.retain_data
    denials = [
        statement
        for policy in policies
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny"
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    ]
    assert len(policies) == len(denials) == 3


def test_data_outlives_its_stack_where_it_matters(fleet: FleetTemplates) -> None:
    """Staging and prod retain buckets and database; local and dev leave nothing behind."""
    kept = fleet.stage.name in ("staging", "prod")
    for bucket in fleet.resources(StackPart.STORAGE, BUCKET).values():
        assert bucket["DeletionPolicy"] == (KEPT if kept else "Delete")
    for cluster in fleet.resources(StackPart.STORAGE, CLUSTER).values():
        assert cluster["DeletionPolicy"] == (KEPT if kept else "Delete")


def test_staged_candidates_expire_and_bundles_do_not(fleet: FleetTemplates) -> None:
    """Lifecycle rules never delete models, releases or data sets."""
    prefixes = {
        rule.get("Prefix")
        for bucket in fleet.properties(StackPart.STORAGE, BUCKET)
        for rule in bucket["LifecycleConfiguration"]["Rules"]
        if "ExpirationInDays" in rule
    }
    passing = {
        *("staging/", "quarantine/", "batch/", "mlflow/"),
        *("captures/", "captures-undelivered/", "feedback/"),
    }
    assert prefixes - {None} == passing


def test_outcomes_expire_with_the_captures_that_they_belong_to(fleet: FleetTemplates) -> None:
    """An outcome without its prediction is useless, and still personal data."""
    days = {
        rule["Prefix"]: rule["ExpirationInDays"]
        for bucket in fleet.properties(StackPart.STORAGE, BUCKET)
        for rule in bucket["LifecycleConfiguration"]["Rules"]
        if rule.get("Prefix") in {"captures/", "feedback/"} and "ExpirationInDays" in rule
    }
    assert days == dict.fromkeys(["captures/", "feedback/"], fleet.stage.captures_days)


def test_captures_move_to_cold_storage_before_they_expire(fleet: FleetTemplates) -> None:
    """Captures move to infrequent access after 30 days, and expire as the stage says."""
    rules = [
        rule
        for bucket in fleet.properties(StackPart.STORAGE, BUCKET)
        for rule in bucket["LifecycleConfiguration"]["Rules"]
        if rule.get("Prefix") == "captures/"
    ]
    (cold,) = [rule["Transitions"] for rule in rules if "Transitions" in rule]
    assert cold == [{"StorageClass": "STANDARD_IA", "TransitionInDays": 30}]
    assert [r["ExpirationInDays"] for r in rules if "ExpirationInDays" in r] == [
        fleet.stage.captures_days
    ]


def test_requests_for_data_are_logged(cloud_fleet: FleetTemplates) -> None:
    """Both buckets log every request, and the network what it rejected."""
    buckets = cloud_fleet.properties(StackPart.STORAGE, BUCKET)
    logged = [
        bucket["LoggingConfiguration"] for bucket in buckets if "LoggingConfiguration" in bucket
    ]
    assert {each["LogFilePrefix"] for each in logged} == {"lake/", "artifacts/"}
    (flow,) = cloud_fleet.properties(StackPart.STORAGE, "AWS::EC2::FlowLog")
    assert (flow["TrafficType"], flow["LogDestinationType"]) == ("REJECT", "s3")


def test_the_database_pauses_and_has_no_password(cloud_fleet: FleetTemplates) -> None:
    """Aurora scales to zero, is encrypted, takes IAM tokens and manages its master secret."""
    (cluster,) = cloud_fleet.properties(StackPart.STORAGE, CLUSTER)
    assert cluster["ServerlessV2ScalingConfiguration"]["MinCapacity"] == 0
    assert cluster["StorageEncrypted"] is True
    assert cluster["EnableIAMDatabaseAuthentication"] is True
    assert cluster["ManageMasterUserPassword"] is True
    assert "MasterUserPassword" not in cluster


def test_the_image_contains_the_certificate_authorities(
    fleets: Mapping[str, FleetTemplates],
) -> None:
    """The file in the database's address is valid, and copied into the image of its clients."""
    file = DATABASE_TLS.rpartition("=")[2].removeprefix("/code/")
    copied = (REPOSITORY / "functions/train/Dockerfile").read_text()
    assert "COPY functions/train /code/functions/train" in copied
    assert "COPY --from=build /code /code" in copied
    assert list(fleets["prod"].folder.glob(f"asset.*/{file}"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(REPOSITORY / file)
    authorities = context.get_ca_certs()
    # The oldest that RDS still issues certificates with is valid until 2061.
    assert (
        min(ssl.cert_time_to_seconds(str(each["notAfter"])) for each in authorities) > 2_800_000_000
    )
    assert all(each["subject"] == each["issuer"] for each in authorities)


def test_a_region_without_authority_is_refused() -> None:
    """A deployment whose database nobody could verify fails at synthesis, with the way out."""
    with pytest.raises(StageError, match=r"mx-central-1-bundle\.pem"):
        require_authority("mx-central-1")
    for region in ("eu-central-1", "us-east-1"):
        require_authority(region)


def test_the_database_requires_tls(cloud_fleet: FleetTemplates) -> None:
    """The server refuses connections without TLS, and every address verifies its certificate.

    https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraPostgreSQL.Security.html
    """
    (group,) = cloud_fleet.properties(StackPart.STORAGE, "AWS::RDS::DBClusterParameterGroup")
    assert group["Parameters"]["rds.force_ssl"] == "1"
    for function in cloud_fleet.functions().values():
        for text in texts(function["Environment"]):
            assert not text.startswith(":5432/") or text.endswith(DATABASE_TLS)


def test_retained_data_is_backed_up(fleet: FleetTemplates) -> None:
    """Staging and prod copy database and buckets daily into a vault, for 90 days."""
    rules = [
        rule
        for plan in fleet.properties(StackPart.STORAGE, "AWS::Backup::BackupPlan")
        for rule in plan["BackupPlan"]["BackupPlanRule"]
    ]
    selections = fleet.properties(StackPart.STORAGE, "AWS::Backup::BackupSelection")
    if not fleet.stage.retain_data:
        assert not rules
        return
    assert [rule["Lifecycle"]["DeleteAfterDays"] for rule in rules] == [90]
    assert [len(s["BackupSelection"]["Resources"]) for s in selections] == [3]
    (vault,) = fleet.resources(StackPart.STORAGE, "AWS::Backup::BackupVault").values()
    assert vault["DeletionPolicy"] == KEPT
    (cluster,) = fleet.properties(StackPart.STORAGE, CLUSTER)
    assert cluster["BackupRetentionPeriod"] == 7


def test_a_retained_database_keeps_its_network(fleet: FleetTemplates) -> None:
    """Nothing that a retained cluster needs is deleted with the stack."""
    needed = (
        "AWS::EC2::VPC",
        "AWS::EC2::Subnet",
        "AWS::EC2::SecurityGroup",
        "AWS::RDS::DBInstance",
        "AWS::RDS::DBSubnetGroup",
        "AWS::RDS::DBClusterParameterGroup",
    )
    for kind in needed:
        for resource in fleet.resources(StackPart.STORAGE, kind).values():
            kept = resource.get("DeletionPolicy") == KEPT
            assert kept is fleet.stage.retain_data


def test_tables_are_upgraded_before_training_changes(cloud_fleet: FleetTemplates) -> None:
    """The train function waits for the schema function, the only owner of the tables."""
    part = StackPart.RETRAINING
    (trigger,) = cloud_fleet.resources(part, "Custom::Trigger")
    train = cloud_fleet.stage.resource("train")
    for function in cloud_fleet.resources(part, "AWS::Lambda::Function").values():
        if function["Properties"].get("FunctionName") == train:
            assert trigger in function["DependsOn"]
    for name, role in (("train", "mlflow"), ("schema", "mlflow_owner")):
        found = [
            text.rsplit("/", 1)[1]
            for s in cloud_fleet.statements(part, cloud_fleet.stage.resource(name))
            if s["Action"] == "rds-db:connect"
            for text in texts(s["Resource"])
            if "/" in text
        ]
        assert found == [role]


def test_nothing_idles_in_the_network(cloud_fleet: FleetTemplates) -> None:
    """No NAT, no internet gateway, no interface endpoint: only S3's gateway."""
    for kind in ("AWS::EC2::NatGateway", "AWS::EC2::InternetGateway", "AWS::EC2::EIP"):
        assert not cloud_fleet.resources(StackPart.STORAGE, kind)
    (endpoint,) = cloud_fleet.properties(StackPart.STORAGE, "AWS::EC2::VPCEndpoint")
    assert endpoint["VpcEndpointType"] == "Gateway"


def test_the_database_lets_only_its_clients_in(cloud_fleet: FleetTemplates) -> None:
    """The only ingress rule of the database names a security group, not an address range."""
    (rule,) = cloud_fleet.properties(StackPart.STORAGE, "AWS::EC2::SecurityGroupIngress")
    assert "SourceSecurityGroupId" in rule
    assert "CidrIp" not in rule


def test_local_needs_neither_network_nor_database(fleets: Mapping[str, FleetTemplates]) -> None:
    """Local's storage is two buckets, keys, and people; its database is elsewhere."""
    kinds = {r["Type"] for r in fleets[LOCAL.name].parts[StackPart.STORAGE]["Resources"].values()}
    people = {f"AWS::Cognito::UserPool{part}" for part in ("", "Domain", "Group")}
    assert kinds == {BUCKET, "AWS::SecretsManager::Secret", *people}


def test_the_command_finds_the_buckets(fleet: FleetTemplates) -> None:
    """The stack outputs the names of the buckets."""
    assert {Output.LAKE_BUCKET, Output.ARTIFACTS_BUCKET} <= set(
        fleet.parts[StackPart.STORAGE]["Outputs"]
    )


def test_no_stack_blocks_another(fleet: FleetTemplates) -> None:
    """No template exports or imports a value, so each stack can change on its own."""
    for template in fleet.parts.values():
        assert not any("Export" in output for output in template.get("Outputs", {}).values())
        assert "Fn::ImportValue" not in str(template)


def test_retained_buckets_are_never_emptied(fleet: FleetTemplates) -> None:
    """A bucket is either retained or emptied, never both."""
    emptied = fleet.resources(StackPart.STORAGE, "Custom::S3AutoDeleteObjects")
    assert len(as_list(list(emptied))) == (3 if fleet.stage.name == "dev" else 0)
