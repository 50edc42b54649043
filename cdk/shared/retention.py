"""Retention of resources that may outlive their stack, and their names."""

from aws_cdk import Fn, RemovalPolicies, RemovalPolicy, Stack
from constructs import Construct, IConstruct

from cdk.settings.stage import Stage

# Unlike `RETAIN`, this deletes a resource when the operation that creates it fails: leftovers of a
# failed first deployment would belong to no stack, and block the next one if they have a name.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
RETAIN = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE


def removal_policy(stage: Stage) -> RemovalPolicy:
    """Return the removal policy of buckets, databases, and logs."""
    return RETAIN if stage.retain_data else RemovalPolicy.DESTROY


def retain(*constructs: IConstruct) -> None:
    """Have these constructs outlive their stack, with every resource in them."""
    for each in constructs:
        RemovalPolicies.of(each).apply(RETAIN)


def unique_name(scope: Construct, name: str) -> str:
    """Return a name for a resource that may outlive its stack; no later stack reuses it.

    It ends with eight digits of the stack's ID, which CloudFormation generates for each stack:
    `arn:…:stack/NAME/8a1b2c3d-…`.
    """
    unique = Fn.select(2, Fn.split("/", Stack.of(scope).stack_id))
    return f"{name}-{Fn.select(0, Fn.split('-', unique))}"
