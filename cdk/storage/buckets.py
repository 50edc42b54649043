"""The buckets: private, encrypted, versioned, and with lifecycle rules."""

from collections.abc import Iterable, Mapping
from typing import Any

from aws_cdk import Duration, aws_s3
from constructs import Construct

from cdk.settings.stage import Stage
from cdk.shared.retention import removal_policy

_OLD_VERSIONS_DAYS = 90
_INCOMPLETE_UPLOADS_DAYS = 2
_INFREQUENT_ACCESS_AFTER_DAYS = 30


class DataBucket(aws_s3.Bucket):
    """A bucket of the fleet's data.

    `expiring` maps prefixes to the days after which their objects are deleted; objects below the
    prefixes `cooling` move to infrequent access. `access_logs` gets a log of every request.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        expiring: Mapping[str, int],
        cooling: Iterable[str] = (),
        access_logs: aws_s3.IBucket | None = None,
    ) -> None:
        super().__init__(
            scope,
            id_,
            lifecycle_rules=[_cleanup(), *_expiries(expiring), *_transitions(cooling)],
            server_access_logs_bucket=access_logs,
            server_access_logs_prefix=f"{id_.lower()}/" if access_logs else None,
            **_private(stage),
        )


class LogBucket(aws_s3.Bucket):
    """Access logs of S3 and the network, kept as long as the stage's other logs."""

    def __init__(self, scope: Construct, id_: str, *, stage: Stage) -> None:
        rule = aws_s3.LifecycleRule(
            id="old-logs",
            expiration=Duration.days(stage.log_retention_days),
            noncurrent_version_expiration=Duration.days(1),
        )
        super().__init__(scope, id_, lifecycle_rules=[rule], **_private(stage))


def _private(stage: Stage) -> dict[str, Any]:
    return {
        "encryption": aws_s3.BucketEncryption.S3_MANAGED,
        "block_public_access": aws_s3.BlockPublicAccess.BLOCK_ALL,
        "object_ownership": aws_s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        "enforce_ssl": stage.tls_only,
        "versioned": True,
        "removal_policy": removal_policy(stage),
        "auto_delete_objects": stage.empty_buckets_on_delete,
    }


def _cleanup() -> aws_s3.LifecycleRule:
    return aws_s3.LifecycleRule(
        id="old-versions",
        noncurrent_version_expiration=Duration.days(_OLD_VERSIONS_DAYS),
        abort_incomplete_multipart_upload_after=Duration.days(_INCOMPLETE_UPLOADS_DAYS),
    )


def _expiries(expiring: Mapping[str, int]) -> list[aws_s3.LifecycleRule]:
    return [
        aws_s3.LifecycleRule(id=prefix, prefix=f"{prefix}/", expiration=Duration.days(days))
        for prefix, days in expiring.items()
    ]


def _transitions(cooling: Iterable[str]) -> list[aws_s3.LifecycleRule]:
    transition = aws_s3.Transition(
        storage_class=aws_s3.StorageClass.INFREQUENT_ACCESS,
        transition_after=Duration.days(_INFREQUENT_ACCESS_AFTER_DAYS),
    )
    return [
        aws_s3.LifecycleRule(id=f"{prefix}-cold", prefix=f"{prefix}/", transitions=[transition])
        for prefix in cooling
    ]
