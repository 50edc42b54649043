"""A bucket that nobody outside the account reads, and whose objects keep their history."""

from collections.abc import Iterable

from aws_cdk import Duration, aws_s3
from constructs import Construct

from cdk.settings.stage import Stage
from cdk.shared.retention import removal_policy

_DAYS_OF_OLD_VERSIONS = 90
_DAYS_OF_BROKEN_UPLOADS = 2


_DAYS_UNTIL_COLD = 30


class PrivateBucket(aws_s3.Bucket):
    """Encrypted and versioned.

    `expiring` are prefixes with the days their objects live, `cooling` those whose objects move to
    infrequent access, and `access_logs` is the bucket that is told of every request.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        expiring: dict[str, int],
        cooling: Iterable[str] = (),
        access_logs: aws_s3.IBucket | None = None,
    ) -> None:
        super().__init__(
            scope,
            id_,
            encryption=aws_s3.BucketEncryption.S3_MANAGED,
            block_public_access=aws_s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=aws_s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=stage.tls_only,
            versioned=True,
            removal_policy=removal_policy(stage),
            auto_delete_objects=stage.empty_buckets_on_delete,
            lifecycle_rules=[_housekeeping(), *_expiries(expiring), *_transitions(cooling)],
            server_access_logs_bucket=access_logs,
            server_access_logs_prefix=f"{id_.lower()}/" if access_logs else None,
        )


def _housekeeping() -> aws_s3.LifecycleRule:
    return aws_s3.LifecycleRule(
        id="old-versions",
        noncurrent_version_expiration=Duration.days(_DAYS_OF_OLD_VERSIONS),
        abort_incomplete_multipart_upload_after=Duration.days(_DAYS_OF_BROKEN_UPLOADS),
    )


def _expiries(expiring: dict[str, int]) -> list[aws_s3.LifecycleRule]:
    return [
        aws_s3.LifecycleRule(id=prefix, prefix=f"{prefix}/", expiration=Duration.days(days))
        for prefix, days in expiring.items()
    ]


def _transitions(cooling: Iterable[str]) -> list[aws_s3.LifecycleRule]:
    transition = aws_s3.Transition(
        storage_class=aws_s3.StorageClass.INFREQUENT_ACCESS,
        transition_after=Duration.days(_DAYS_UNTIL_COLD),
    )
    return [
        aws_s3.LifecycleRule(id=f"{prefix}-cold", prefix=f"{prefix}/", transitions=[transition])
        for prefix in cooling
    ]
