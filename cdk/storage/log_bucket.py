"""Where S3 and the network say who asked for what."""

from aws_cdk import Duration, aws_s3
from constructs import Construct

from cdk.settings.stage import Stage
from cdk.shared.retention import removal_policy


class LogBucket(aws_s3.Bucket):
    """Kept as long as the stage's other logs; AWS writes to it, and nobody else."""

    def __init__(self, scope: Construct, id_: str, *, stage: Stage) -> None:
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
            lifecycle_rules=[_expiry(Duration.days(stage.log_retention_days))],
        )


def _expiry(age: Duration) -> aws_s3.LifecycleRule:
    return aws_s3.LifecycleRule(
        id="old-logs", expiration=age, noncurrent_version_expiration=Duration.days(1)
    )
