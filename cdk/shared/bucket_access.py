"""Who may do what below which prefix: exact actions, because grants by name pattern grow."""

from aws_cdk import aws_iam, aws_s3

_READ = ["s3:GetObject"]
_WRITE = ["s3:PutObject", "s3:AbortMultipartUpload"]
_LIST = ["s3:ListBucket"]


def allow_read(bucket: aws_s3.IBucket, grantee: aws_iam.IGrantable, pattern: str) -> None:
    """Let a function read these objects; without the right to list, absence looks like refusal."""
    _allow(grantee, _READ, bucket.arn_for_objects(pattern))
    _allow(grantee, _LIST, bucket.bucket_arn)


def allow_write(bucket: aws_s3.IBucket, grantee: aws_iam.IGrantable, pattern: str) -> None:
    """Let a function write these objects."""
    _allow(grantee, _WRITE, bucket.arn_for_objects(pattern))


def allow_create(bucket: aws_s3.IBucket, grantee: aws_iam.IGrantable, pattern: str) -> None:
    """Let a function write these objects, and read those that it found to be there already."""
    _allow(grantee, _WRITE + _READ, bucket.arn_for_objects(pattern))


def _allow(grantee: aws_iam.IGrantable, actions: list[str], resource: str) -> None:
    aws_iam.Grant.add_to_principal(grantee=grantee, actions=actions, resource_arns=[resource])
