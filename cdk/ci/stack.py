"""The CI stack: GitHub's identity provider, and a role to deploy and one to compare each stage."""

import re
from collections.abc import Iterable

import aws_cdk
from aws_cdk import aws_iam
from constructs import Construct

from cdk.ci.roles import deployment_policy, diff_policy
from cdk.settings.stage import StageError
from modelfleet.resource_names import PROJECT, ci_stack_name, resource_name

_ISSUER = "token.actions.githubusercontent.com"
_AUDIENCE = "sts.amazonaws.com"
# GitHub names a repository in its tokens with both IDs or with none; which one, it shows in the
# repository's settings. A token has one of the two forms. If both were trusted, so would be
# a new owner of an abandoned name.
# https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens/
_OWNER, _NAME, _ID = r"[\w-]+", r"[\w.-]+", r"@[0-9]+"
_REPOSITORY = re.compile(rf"{_OWNER}/{_NAME}|{_OWNER}{_ID}/{_NAME}{_ID}", re.ASCII)


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
        repository: str | None,
        stages: Iterable[str],
        environment: aws_cdk.Environment | None = None,
    ) -> None:
        """Build the stack for the repository `OWNER/NAME` or `OWNER@ID/NAME@ID` on GitHub.

        Raises
        ------
        StageError
            If the repository is missing or has another form; `*` would trust others' workflows.
        """
        if repository is None or not _REPOSITORY.fullmatch(repository):
            raise StageError(
                f"repository: {repository!r} is not valid; add -c repository=OWNER/NAME, "
                "or OWNER@ID/NAME@ID if GitHub's tokens contain IDs"
            )
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
