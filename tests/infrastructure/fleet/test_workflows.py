"""GitHub workflows hold no keys and few permissions, and hide no failure."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.infrastructure.templates import REPOSITORY

WORKFLOWS = sorted((REPOSITORY / ".github" / "workflows").glob("*.yml"))


@pytest.fixture(params=WORKFLOWS, ids=lambda path: path.stem)
def workflow(request: pytest.FixtureRequest) -> Path:
    """Each workflow in turn."""
    path: Path = request.param
    return path


def _parsed(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text())
    return found


def test_no_key_is_stored(workflow: Path) -> None:
    """AWS is accessed with a role only: no workflow reads a secret."""
    assert "secrets." not in workflow.read_text()
    assert "aws-access-key-id" not in workflow.read_text()


def test_no_failure_is_hidden(workflow: Path) -> None:
    """A step that fails fails its job."""
    text = workflow.read_text()
    assert "continue-on-error" not in text
    assert "|| true" not in text


def test_permissions_are_explicit(workflow: Path) -> None:
    """No workflow has the token's default permissions, or may write code."""
    rights = _parsed(workflow)["permissions"]
    assert rights["contents"] == "read"


def test_third_party_actions_are_pinned(workflow: Path) -> None:
    """Tags can move, so actions are pinned by digest, with the version next to it."""
    used = re.findall(r"uses: (?!\./)(\S+) *(.*)", workflow.read_text())
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action) for action, _ in used)
    assert all(re.fullmatch(r"# v\d+\.\d+\.\d+", version) for _, version in used)


def test_prod_follows_staging_and_needs_approval() -> None:
    """Each stage waits for the one before it, and uses the environment with its reviewers."""
    folder = REPOSITORY / ".github" / "workflows"
    jobs = _parsed(folder / "deploy.yml")["jobs"]
    assert [(name, job.get("needs")) for name, job in jobs.items()] == [
        ("check", None),
        ("dev", "check"),
        ("staging", "dev"),
        ("prod", "staging"),
    ]
    deploy = _parsed(folder / "deploy-stage.yml")["jobs"]["deploy"]
    assert deploy["environment"] == "${{ inputs.stage }}"
