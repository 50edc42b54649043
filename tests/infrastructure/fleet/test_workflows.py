"""What GitHub runs holds no key, no more rights than it needs, and nothing that hides a failure."""

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
    """AWS is entered by a role alone: no workflow reads a secret."""
    assert "secrets." not in workflow.read_text()
    assert "aws-access-key-id" not in workflow.read_text()


def test_no_failure_is_hidden(workflow: Path) -> None:
    """A step that fails fails its job."""
    text = workflow.read_text()
    assert "continue-on-error" not in text
    assert "|| true" not in text


def test_rights_are_spelled_out(workflow: Path) -> None:
    """No workflow takes the default rights of the token, or the right to write code."""
    rights = _parsed(workflow)["permissions"]
    assert rights["contents"] == "read"


def test_actions_of_others_are_pinned(workflow: Path) -> None:
    """Whoever owns a tag can change what it means; a digest stays, with its version beside it."""
    used = re.findall(r"uses: (?!\./)(\S+) *(.*)", workflow.read_text())
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action) for action, _ in used)
    assert all(re.fullmatch(r"# v\d+\.\d+\.\d+", version) for _, version in used)


def test_prod_comes_after_staging_and_behind_its_environment() -> None:
    """Each stage waits for the one before, and names the environment whose reviewers approve."""
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
