"""The CI stack: GitHub's identity provider, and a role to deploy and one to compare each stage."""

from collections.abc import Iterable

import aws_cdk
from aws_cdk import aws_iam
from constructs import Construct

from cdk.ci.roles import deployment_policy, diff_policy
from modelfleet.resource_names import PROJECT, ci_stack_name, resource_name

_ISSUER = "token.actions.githubusercontent.com"
_AUDIENCE = "sts.amazonaws.com"


class CiStack(aws_cdk.Stack):
    """Once per account: an account has one identity provider for an address.

    A role trusts the tokens of one environment of one repository, whose reviewers GitHub asks
    before it issues such a token. No thumbprint: AWS trusts GitHub's certificate authority.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
    https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws
    """

    def __init__(
        self,
        scope: Construct,
        *,
        repository: str,
        stages: Iterable[str],
        environment: aws_cdk.Environment | None = None,
    ) -> None:
        """Build the stack for the repository `OWNER/NAME` or `OWNER@ID/NAME@ID` on GitHub."""
        super().__init__(
            scope, ci_stack_name(), env=environment, description="modelfleet: roles of CI"
        )
        aws_cdk.Tags.of(self).add("project", PROJECT)
        self._repository = repository
        self._provider = aws_iam.CfnOIDCProvider(
            self, "GitHub", url=f"https://{_ISSUER}", client_id_list=[_AUDIENCE]
        )
        for stage in stages:
            self._add_role(stage, "deploy", stage, deployment_policy(self, stage))
            self._add_role(stage, "diff", f"{stage}-diff", diff_policy(self, stage))

    def _add_role(
        self, stage: str, task: str, environment: str, policy: aws_iam.PolicyDocument
    ) -> None:
        role = aws_iam.Role(
            self,
            f"{stage}-{task}",
            role_name=resource_name(stage, "ci", task),
            description=f"Assumed by workflows in the environment {environment}",
            assumed_by=aws_iam.WebIdentityPrincipal(
                self._provider.attr_arn,
                {
                    "StringEquals": {
                        f"{_ISSUER}:aud": _AUDIENCE,
                        f"{_ISSUER}:sub": f"repo:{self._repository}:environment:{environment}",
                    }
                },
            ),
            inline_policies={task: policy},
        )
        aws_cdk.CfnOutput(self, f"{stage}{task.title()}Role", value=role.role_arn)
