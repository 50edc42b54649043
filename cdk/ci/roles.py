"""What the roles of CI may do."""

from aws_cdk import Aws, Stack, aws_iam
from constructs import Construct

from modelfleet.resource_names import resource_name

# `cdk deploy` assumes the bootstrap's roles to upload assets and to have CloudFormation deploy.
# They belong to an account and Region, and not to a stage; see docs/security.md. Other Regions are
# not included: their bootstrap's roles would be more that a workflow can assume.
# https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html
_QUALIFIER = "hnb659fds"
_TO_DEPLOY = ("deploy-role", "file-publishing-role", "image-publishing-role")
# What `cdk diff` reads with the credentials that it has, and `make deploy` to find out which stacks
# are up. The bootstrap's lookup role is not used: it may read everything in the account, including
# objects and secrets' metadata, and code of a pull request runs with this role.
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudformation.html
_STACK_READS = ("cloudformation:DescribeStacks", "cloudformation:GetTemplate")


def deployment_policy(scope: Construct, stage: str) -> aws_iam.PolicyDocument:
    """Allow assuming the bootstrap's roles for deployments, and reading the stage's stacks."""
    roles = [_bootstrap_role(scope, name) for name in _TO_DEPLOY]
    return aws_iam.PolicyDocument(
        statements=[
            aws_iam.PolicyStatement(actions=["sts:AssumeRole"], resources=roles),
            aws_iam.PolicyStatement(
                actions=["cloudformation:DescribeStacks"], resources=[_stacks(scope, stage)]
            ),
        ]
    )


def diff_policy(scope: Construct, stage: str) -> aws_iam.PolicyDocument:
    """Allow reading the stage's stacks and their templates, and nothing else."""
    return aws_iam.PolicyDocument(
        statements=[
            aws_iam.PolicyStatement(actions=list(_STACK_READS), resources=[_stacks(scope, stage)])
        ]
    )


def _stacks(scope: Construct, stage: str) -> str:
    return Stack.of(scope).format_arn(
        service="cloudformation", resource="stack", resource_name=f"{resource_name(stage, '*')}/*"
    )


def _bootstrap_role(scope: Construct, name: str) -> str:
    return Stack.of(scope).format_arn(
        service="iam",
        region="",
        resource="role",
        resource_name=f"cdk-{_QUALIFIER}-{name}-{Aws.ACCOUNT_ID}-{Aws.REGION}",
    )
