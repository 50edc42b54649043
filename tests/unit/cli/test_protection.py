"""Stacks are protected once they have been created, and not before."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from cli import protection
from cli.cloud import Cloud
from cli.output.errors import FleetError
from modelfleet.resource_names import StackPart, stack_name

UP = ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_IN_PROGRESS"]
NEVER_UP = [
    "REVIEW_IN_PROGRESS",
    "CREATE_IN_PROGRESS",
    "CREATE_FAILED",
    "ROLLBACK_COMPLETE",
    "ROLLBACK_FAILED",
    "DELETE_FAILED",
]


class CloudFormation:
    """Stacks by name and status; optionally denies all requests."""

    def __init__(self, stacks: dict[str, str], refusal: str | None = None) -> None:
        self._stacks = stacks
        self._refusal = refusal

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:
        """Return one stack."""
        if StackName in self._stacks and self._refusal is None:
            return {"Stacks": [{"StackStatus": self._stacks[StackName]}]}
        text = self._refusal or f"Stack with id {StackName} does not exist"
        response: Any = {"Error": {"Code": "ValidationError", "Message": text}}
        raise ClientError(response, "DescribeStacks")


def _stacks(**states: str) -> CloudFormation:
    return CloudFormation({stack_name("prod", StackPart(part)): s for part, s in states.items()})


def test_nothing_is_protected_before_the_first_deployment() -> None:
    """A stage without stacks is deployed without protection."""
    assert protection.protected("prod", _stacks()) == "none"


@pytest.mark.parametrize("state", UP)
def test_a_created_stack_is_protected(state: str) -> None:
    """Its current status does not matter."""
    assert protection.protected("prod", _stacks(storage=state)) == "storage"


@pytest.mark.parametrize("state", NEVER_UP)
def test_a_stack_that_was_never_created_is_not_protected(state: str) -> None:
    """It must be deleted before it can be recreated; the others stay protected."""
    stacks = _stacks(storage="CREATE_COMPLETE", serving=state, batch="UPDATE_COMPLETE")
    assert protection.protected("prod", stacks) == "storage,batch"


def test_a_complete_stage_is_protected() -> None:
    """No second deployment is needed then."""
    states = dict.fromkeys(StackPart, "UPDATE_COMPLETE")
    assert protection.protected("prod", _stacks(**states)) == "all"


def test_a_denied_request_is_an_error() -> None:
    """Without permission, the deployment ends and no protection is removed."""
    with pytest.raises(ClientError, match="not authorized"):
        protection.protected("prod", CloudFormation({}, refusal="not authorized"))


@pytest.mark.parametrize("arguments", [[], ["nowhere"], ["prod", "dev"]])
def test_an_invalid_stage_is_one_line(arguments: list[str]) -> None:
    """The error lists the valid stages."""
    assert "local|dev|staging|prod" in str(protection.main(arguments))


def test_missing_credentials_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error is printed instead of `none`."""

    def refuse(_stage: object) -> None:
        raise FleetError("no credentials")

    monkeypatch.setattr(Cloud, "connect", refuse)
    assert protection.main(["prod"]) == "no credentials"
