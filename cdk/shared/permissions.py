"""Permissions with exact actions, where the CDK's own grants use patterns, and ARNs by name."""

from collections.abc import Sequence

from aws_cdk import ArnFormat, Aws, Stack, aws_iam, aws_lambda, aws_s3
from constructs import IConstruct

from cdk.settings.stage import Stage
from modelfleet.resource_names import event_bus
from modelfleet.settings import EVENT_SOURCE

_READ = ["s3:GetObject"]
_WRITE = ["s3:PutObject", "s3:AbortMultipartUpload"]
_LIST = ["s3:ListBucket"]


def allow_read(bucket: aws_s3.IBucket, grantee: aws_iam.IGrantable, pattern: str) -> None:
    """Allow reading these objects.

    Without permission to list the bucket, a missing object looks like a denied one.
    """
    _allow(grantee, _READ, bucket.arn_for_objects(pattern))
    _allow(grantee, _LIST, bucket.bucket_arn)


def allow_get(bucket: aws_s3.IBucket, grantee: aws_iam.IGrantable, pattern: str) -> None:
    """Allow reading these objects in a bucket that may not be listed.

    A missing object looks like a denied one.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """
    _allow(grantee, _READ, bucket.arn_for_objects(pattern))


def allow_write(bucket: aws_s3.IBucket, grantee: aws_iam.IGrantable, pattern: str) -> None:
    """Allow writing these objects."""
    _allow(grantee, _WRITE, bucket.arn_for_objects(pattern))


def allow_create(bucket: aws_s3.IBucket, grantee: aws_iam.IGrantable, pattern: str) -> None:
    """Allow writing these objects, and reading those that already exist."""
    _allow(grantee, _WRITE + _READ, bucket.arn_for_objects(pattern))


def allow_metrics(function: aws_lambda.Function, namespace: str) -> None:
    """Allow putting metrics into this namespace."""
    function.add_to_role_policy(
        aws_iam.PolicyStatement(
            actions=["cloudwatch:PutMetricData"],
            # The action supports no resources; the condition on the namespace limits it.
            resources=["*"],
            conditions={"StringEquals": {"cloudwatch:namespace": namespace}},
        )
    )


def allow_reading_metrics(function: aws_lambda.Function) -> None:
    """Allow reading metrics."""
    # The action supports neither resources nor a condition on the namespace.
    function.add_to_role_policy(
        aws_iam.PolicyStatement(actions=["cloudwatch:GetMetricData"], resources=["*"])
    )


def allow_events(function: aws_lambda.Function, stage: Stage, types: Sequence[str]) -> None:
    """Allow putting events of these types and our source on the stage's event bus.

    Each entry of a call must match. `ForAllValues` also holds for a key that is absent, hence
    `Null`. See https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html
    """
    bus = event_bus(stage.name)
    keys = {"events:source": [EVENT_SOURCE], "events:detail-type": list(types)}
    function.add_to_role_policy(
        aws_iam.PolicyStatement(
            actions=["events:PutEvents"],
            resources=[f"arn:{Aws.PARTITION}:events:{Aws.REGION}:{Aws.ACCOUNT_ID}:event-bus/{bus}"],
            conditions={
                "ForAllValues:StringEquals": keys,
                "Null": dict.fromkeys(keys, "false"),
            },
        )
    )


def arn_of(scope: IConstruct, service: str, resource: str, name: str) -> str:
    """Return the ARN of a resource by name; a reference would be an export, and tie two stacks."""
    return Stack.of(scope).format_arn(
        service=service,
        resource=resource,
        resource_name=name,
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )


def _allow(grantee: aws_iam.IGrantable, actions: list[str], resource: str) -> None:
    aws_iam.Grant.add_to_principal(grantee=grantee, actions=actions, resource_arns=[resource])
