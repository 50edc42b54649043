"""What becomes of a stage's data when its stacks are deleted."""

from aws_cdk import RemovalPolicy

from cdk.stage import Stage


def removal_policy(stage: Stage) -> RemovalPolicy:
    """Whether buckets, databases and logs outlive their stack."""
    return RemovalPolicy.RETAIN if stage.retain_data else RemovalPolicy.DESTROY
