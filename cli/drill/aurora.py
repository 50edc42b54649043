"""Aurora's backups, restored to a new cluster next to the live one and queried by the Data API.

The database is in isolated subnets, which no laptop can reach; the Data API only needs an IAM
permission.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from botocore.exceptions import ClientError

from cli.drill.database_backups import VERSIONS_QUERY, Registered
from modelfleet.adapters.aws.data_api import DataApi
from modelfleet.spec.errors import RestoreError
from modelfleet.storage.patience import until_done

_DATABASE = "mlflow"
# The secret is created asynchronously, usually within a minute.
_ATTEMPTS, _PAUSE_SECONDS = 60, 10.0
_PATIENCE_SECONDS = 120.0
_CAPACITY = {"MinCapacity": 0.5, "MaxCapacity": 2.0}


class Clients(Protocol):
    """Creates clients of AWS services."""

    def client(self, service: str) -> Any:
        """A client of one service."""
        ...


@dataclass(frozen=True)
class AuroraBackups:
    """Continuous backups of a cluster; `copy` is the name of the restored cluster.

    `pause` sleeps for a number of seconds.
    """

    cloud: Clients
    cluster: str
    copy: str
    pause: Callable[[float], None] = time.sleep

    def newest(self) -> datetime:
        """The latest time that Aurora can restore; see `DatabaseBackups.newest`."""
        latest = _cluster(self.cloud.client("rds"), self.cluster).get("LatestRestorableTime")
        if latest is None:
            raise RestoreError(f"cluster {self.cluster} has no restorable backup")
        return datetime.fromisoformat(latest.isoformat())

    @contextmanager
    def restored(self) -> Iterator[Registered]:
        """Restore the latest time; see `DatabaseBackups.restored`."""
        rds = self.cloud.client("rds")
        try:
            self._restore(rds)
            arn, secret = self._access(rds)
            yield lambda model: self._versions(arn, secret, model)
        finally:
            self._remove(rds)

    def _restore(self, rds: Any) -> None:
        live = _cluster(rds, self.cluster)
        rds.restore_db_cluster_to_point_in_time(
            DBClusterIdentifier=self.copy,
            SourceDBClusterIdentifier=self.cluster,
            RestoreToTime=self.newest(),
            DBSubnetGroupName=live["DBSubnetGroup"],
            VpcSecurityGroupIds=[g["VpcSecurityGroupId"] for g in live["VpcSecurityGroups"]],
            ServerlessV2ScalingConfiguration=_CAPACITY,
            DeletionProtection=False,
        )
        rds.get_waiter("db_cluster_available").wait(DBClusterIdentifier=self.copy)
        rds.create_db_instance(
            DBInstanceIdentifier=self.copy,
            DBClusterIdentifier=self.copy,
            DBInstanceClass="db.serverless",
            Engine=live["Engine"],
        )
        rds.get_waiter("db_instance_available").wait(DBInstanceIdentifier=self.copy)
        # A restored cluster has neither a master secret nor the Data API.
        rds.modify_db_cluster(
            DBClusterIdentifier=self.copy, ManageMasterUserPassword=True, ApplyImmediately=True
        )
        rds.enable_http_endpoint(ResourceArn=_cluster(rds, self.copy)["DBClusterArn"])

    def _access(self, rds: Any) -> tuple[str, str]:
        """Wait for the master secret; returns the ARNs of the cluster and the secret."""
        for _ in range(_ATTEMPTS):
            found = _cluster(rds, self.copy)
            secret = found.get("MasterUserSecret", {})
            if secret.get("SecretStatus") == "active":
                return found["DBClusterArn"], secret["SecretArn"]
            self.pause(_PAUSE_SECONDS)
        raise RestoreError(f"cluster {self.copy} did not get a master secret in time")

    def _remove(self, rds: Any) -> None:
        """Delete the copy, which may be incomplete."""
        _unless_absent(
            lambda: rds.delete_db_instance(DBInstanceIdentifier=self.copy, SkipFinalSnapshot=True)
        )
        _unless_absent(
            lambda: rds.delete_db_cluster(DBClusterIdentifier=self.copy, SkipFinalSnapshot=True)
        )

    def _versions(self, arn: str, secret: str, model: str) -> frozenset[str]:
        client = self.cloud.client("rds-data")
        database = DataApi(client, cluster_arn=arn, secret_arn=secret, database=_DATABASE)
        # The endpoint and the secret are new and may not work at first.
        rows = until_done(
            lambda: database.execute(VERSIONS_QUERY, model=model),
            seconds=_PATIENCE_SECONDS,
            clock=time.monotonic,
            pause=self.pause,
        )
        return frozenset(str(row[0]["longValue"]) for row in rows)


def _cluster(rds: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = rds.describe_db_clusters(DBClusterIdentifier=name)["DBClusters"][0]
    return found


def _unless_absent(delete: Any) -> None:
    try:
        delete()
    except ClientError as error:
        if "NotFound" not in error.response["Error"]["Code"]:
            raise
