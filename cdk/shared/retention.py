"""What becomes of a stage's data when its stacks are deleted."""

from aws_cdk import Fn, RemovalPolicies, RemovalPolicy, Stack
from constructs import Construct, IConstruct

from cdk.settings.stage import Stage

# A resource made by an operation that fails goes with it: what stayed of a first deployment would
# be in nobody's hands, and in the way of the next one if it has a name.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
KEPT = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE


def removal_policy(stage: Stage) -> RemovalPolicy:
    """Whether buckets, databases and logs outlive their stack."""
    return KEPT if stage.retain_data else RemovalPolicy.DESTROY


def keep(*kept: IConstruct) -> None:
    """Have these outlive their stack, with all that they consist of."""
    for each in kept:
        RemovalPolicies.of(each).apply(KEPT)


def lasting_name(scope: Construct, name: str) -> str:
    """A name for what may outlive its stack: no later stack gives it again.

    It ends with eight digits of the stack's id, which CloudFormation makes up anew for each stack:
    `arn:…:stack/NAME/8a1b2c3d-…`.
    """
    unique = Fn.select(2, Fn.split("/", Stack.of(scope).stack_id))
    return f"{name}-{Fn.select(0, Fn.split('-', unique))}"
