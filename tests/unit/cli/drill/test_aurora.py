"""Aurora's restore without an account: each call is validated against the API's model."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber

from cli.drill.aurora import AuroraBackups
from modelfleet.spec.errors import RestoreError

MOMENT = datetime(2026, 1, 5, 12, tzinfo=UTC)
ARN = "arn:aws:rds:us-east-1:000000000000:cluster:drill"
SECRET = "arn:aws:secretsmanager:us-east-1:000000000000:secret:drill"  # pragma: allowlist secret
LIVE = {
    "LatestRestorableTime": MOMENT,
    "DBSubnetGroup": "isolated",
    "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-1"}],
    "Engine": "aurora-postgresql",
}
COPY = {
    "Status": "available",
    "DBClusterArn": ARN,
    "MasterUserSecret": {"SecretArn": SECRET, "SecretStatus": "active"},  # pragma: allowlist secret
}


@dataclass
class Stubbed:
    """Clients with prepared responses, in the order of the calls."""

    rds: Any
    data: Any

    def client(self, service: str) -> Any:
        """One of the clients."""
        return self.rds if service == "rds" else self.data


def _client(service: str) -> Any:
    return boto3.client(
        service,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


@pytest.fixture
def cloud() -> Stubbed:
    """Clients that send no requests."""
    return Stubbed(_client("rds"), _client("rds-data"))


@pytest.fixture
def rds(cloud: Stubbed) -> Iterator[Stubber]:
    """RDS's responses, all of which must be used."""
    with Stubber(cloud.rds) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def backups(cloud: Stubbed) -> AuroraBackups:
    """The backups of a cluster."""
    return AuroraBackups(cloud, "live", "drill", lambda _: None)


def described(rds: Stubber, name: str, cluster: dict[str, Any]) -> None:
    """Prepare a description of a cluster."""
    rds.add_response(
        "describe_db_clusters", {"DBClusters": [cluster]}, {"DBClusterIdentifier": name}
    )


def removed(rds: Stubber) -> None:
    """Prepare the deletion of instance and cluster without a final snapshot."""
    instance = {"DBInstanceIdentifier": "drill", "SkipFinalSnapshot": True}
    rds.add_response("delete_db_instance", {}, instance)
    cluster = {"DBClusterIdentifier": "drill", "SkipFinalSnapshot": True}
    rds.add_response("delete_db_cluster", {}, cluster)


def lay_out_restore(rds: Stubber) -> None:
    """Prepare a successful restore."""
    described(rds, "live", LIVE)
    described(rds, "live", LIVE)
    rds.add_response(
        "restore_db_cluster_to_point_in_time",
        {},
        {
            "DBClusterIdentifier": "drill",
            "SourceDBClusterIdentifier": "live",
            "RestoreToTime": MOMENT,
            "DBSubnetGroupName": "isolated",
            "VpcSecurityGroupIds": ["sg-1"],
            "ServerlessV2ScalingConfiguration": ANY,
            "DeletionProtection": False,
        },
    )
    described(rds, "drill", COPY)
    rds.add_response(
        "create_db_instance",
        {},
        {
            "DBInstanceIdentifier": "drill",
            "DBClusterIdentifier": "drill",
            "DBInstanceClass": "db.serverless",
            "Engine": "aurora-postgresql",
        },
    )
    rds.add_response(
        "describe_db_instances",
        {"DBInstances": [{"DBInstanceStatus": "available"}]},
        {"DBInstanceIdentifier": "drill"},
    )
    rds.add_response("modify_db_cluster", {}, ANY_MODIFICATION)
    described(rds, "drill", COPY)
    rds.add_response("enable_http_endpoint", {}, {"ResourceArn": ARN})
    described(rds, "drill", {"DBClusterArn": ARN})
    described(rds, "drill", COPY)


ANY_MODIFICATION = {
    "DBClusterIdentifier": "drill",
    "ManageMasterUserPassword": True,
    "ApplyImmediately": True,
}


def test_the_newest_backup_is_auroras_latest_restorable_time(
    rds: Stubber, backups: AuroraBackups
) -> None:
    """The latest restorable time determines the data loss."""
    described(rds, "live", LIVE)
    assert backups.newest() == MOMENT


def test_a_cluster_without_backups(rds: Stubber, backups: AuroraBackups) -> None:
    """A cluster without a restorable time fails the drill."""
    described(rds, "live", {})
    with pytest.raises(RestoreError, match="no restorable backup"):
        backups.newest()


def test_a_restored_copy_is_queried_and_deleted(
    cloud: Stubbed, rds: Stubber, backups: AuroraBackups
) -> None:
    """The copy is restored, queried by the Data API, and deleted."""
    lay_out_restore(rds)
    removed(rds)
    with Stubber(cloud.data) as data:
        data.add_response(
            "execute_statement",
            {"records": [[{"longValue": 1}], [{"longValue": 2}]]},
            {
                "resourceArn": ARN,
                "secretArn": SECRET,
                "database": "mlflow",
                "sql": ANY,
                "parameters": [{"name": "model", "value": {"stringValue": "telecom"}}],
            },
        )
        with backups.restored() as registered:
            assert registered("telecom") == {"1", "2"}


def test_an_incomplete_copy_is_deleted(rds: Stubber, backups: AuroraBackups) -> None:
    """A failed restore leaves nothing behind that costs money."""
    described(rds, "live", LIVE)
    described(rds, "live", LIVE)
    rds.add_client_error("restore_db_cluster_to_point_in_time", "DBClusterQuotaExceededFault")
    rds.add_client_error("delete_db_instance", "DBInstanceNotFound")
    rds.add_client_error("delete_db_cluster", "DBClusterNotFoundFault")
    with pytest.raises(ClientError, match="DBClusterQuotaExceededFault"), backups.restored():
        pass
