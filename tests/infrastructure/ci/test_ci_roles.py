"""Workflows get no more of the account than their task needs.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aws_cdk
import pytest
import yaml
from aws_cdk.assertions import Template
from cfnlint.api import ManualArgs, lint

from cdk.ci.stack import CiStack
from cdk.settings.files import deployed_by_ci
from tests.infrastructure.templates import REPOSITORY, as_list, joined

ROLE = "AWS::IAM::Role"
DEPLOYED_BY_CI = deployed_by_ci()
ISSUER = "token.actions.githubusercontent.com"


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    """The template of the stack for one repository."""
    stack = CiStack(aws_cdk.App(), repository="acme/models", stages=DEPLOYED_BY_CI)
    found: dict[str, Any] = dict(Template.from_stack(stack).to_json())
    return found


@pytest.fixture(scope="module")
def roles(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The roles' properties by name."""
    found = [each["Properties"] for each in template["Resources"].values() if each["Type"] == ROLE]
    return {each["RoleName"]: each for each in found}


def _allowed(role: dict[str, Any]) -> dict[str, list[str]]:
    return {
        action: [joined(resource) for resource in as_list(statement["Resource"])]
        for policy in role["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        for action in as_list(statement["Action"])
    }


def _trusted(template: Mapping[str, Any]) -> dict[str, str]:
    trusted = {}
    for each in template["Resources"].values():
        if each["Type"] != ROLE:
            continue
        role = each["Properties"]
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
        ((test, values),) = statement["Condition"].items()
        assert test == "StringEquals"
        assert values[f"{ISSUER}:aud"] == "sts.amazonaws.com"
        trusted[role["RoleName"]] = values[f"{ISSUER}:sub"]
    return trusted


@pytest.mark.parametrize("repository", ["acme/models", "Acme@1234567/my.models@987654321"])
def test_each_role_trusts_one_environment(repository: str) -> None:
    """The subject is compared exactly: another repository or environment has another one."""
    stack = CiStack(aws_cdk.App(), repository=repository, stages=DEPLOYED_BY_CI)
    assert _trusted(Template.from_stack(stack).to_json()) == {
        f"modelfleet-{stage}-ci-{task}": f"repo:{repository}:environment:{stage}{suffix}"
        for stage in ("dev", "staging", "prod")
        for task, suffix in (("deploy", ""), ("diff", "-diff"))
    }


def test_pull_requests_read_only_cloudformation(roles: dict[str, dict[str, Any]]) -> None:
    """Their code can read the stage's stacks, and assume no role that reads data."""
    for stage in DEPLOYED_BY_CI:
        allowed = _allowed(roles[f"modelfleet-{stage}-ci-diff"])
        assert set(allowed) == {"cloudformation:DescribeStacks", "cloudformation:GetTemplate"}
        for resources in allowed.values():
            (stacks,) = resources
            assert stacks.endswith(f":stack/modelfleet-{stage}-*/*")


def test_deployments_assume_the_bootstraps_roles(roles: dict[str, dict[str, Any]]) -> None:
    """They can upload and deploy through the CDK's roles, but not read the account."""
    for stage in DEPLOYED_BY_CI:
        allowed = _allowed(roles[f"modelfleet-{stage}-ci-deploy"])
        assert set(allowed) == {"sts:AssumeRole", "cloudformation:DescribeStacks"}
        assumed = allowed["sts:AssumeRole"]
        assert len(assumed) == 3
        for role in assumed:
            assert role.rpartition("/")[2].startswith("cdk-hnb659fds-")
            assert "*" not in role
            assert "lookup" not in role


def test_roles_have_no_other_policies(template: dict[str, Any]) -> None:
    """No managed policy, and no action that is a pattern."""
    text = json.dumps(template)
    assert "ManagedPolicyArns" not in text
    kinds = {each["Type"] for each in template["Resources"].values()}
    assert kinds == {ROLE, "AWS::IAM::OIDCProvider"}


def test_cloudformation_accepts_the_template(template: dict[str, Any]) -> None:
    """cfn-lint finds nothing."""
    configuration = ManualArgs(regions=["us-east-1"])
    assert [str(match) for match in lint(json.dumps(template), config=configuration)] == []


@pytest.mark.parametrize(
    ("file", "task", "job"), [("deploy-stage", "deploy", "deploy"), ("diff", "diff", "diff")]
)
def test_workflows_assume_these_roles(
    roles: dict[str, dict[str, Any]], file: str, task: str, job: str
) -> None:
    """A workflow names the role of its stage and task, in the environment that the role trusts."""
    path = Path(REPOSITORY, ".github", "workflows", f"{file}.yml")
    steps = yaml.safe_load(path.read_text())["jobs"][job]
    (assumed,) = (
        step["with"]["role-to-assume"] for step in steps["steps"] if "role-to-assume" in str(step)
    )
    variable = "${{ matrix.stage }}" if task == "diff" else "${{ inputs.stage }}"
    assert steps["environment"] == variable + ("-diff" if task == "diff" else "")
    name = assumed.rpartition("/")[2]
    assert {name.replace(variable, stage) for stage in DEPLOYED_BY_CI} <= set(roles)
    assert "sts:AssumeRole" not in path.read_text()


def test_a_diff_creates_nothing() -> None:
    """A change set would need rights to create one."""
    text = Path(REPOSITORY, ".github", "workflows", "diff.yml").read_text()
    assert "--method=template" in text
