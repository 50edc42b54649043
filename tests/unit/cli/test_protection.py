"""Stacks are protected from the moment they are up, and none before."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from cli import protection
from cli.cloud import Cloud
from cli.output.errors import FleetError
from modelfleet.domain.deployment import StackPart, stack_name

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
    """Stacks by name, each in a state; it refuses everything where there is no right to ask."""

    def __init__(self, stacks: dict[str, str], refusal: str | None = None) -> None:
        self._stacks = stacks
        self._refusal = refusal

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:
        """Answer one stack."""
        if StackName in self._stacks and self._refusal is None:
            return {"Stacks": [{"StackStatus": self._stacks[StackName]}]}
        text = self._refusal or f"Stack with id {StackName} does not exist"
        response: Any = {"Error": {"Code": "ValidationError", "Message": text}}
        raise ClientError(response, "DescribeStacks")


def _stacks(**states: str) -> CloudFormation:
    return CloudFormation({stack_name("prod", StackPart(part)): s for part, s in states.items()})


def test_before_the_first_deployment_nothing_is_protected() -> None:
    """A stage without stacks is deployed without protection."""
    assert protection.protected("prod", _stacks()) == "none"


@pytest.mark.parametrize("state", UP)
def test_a_stack_that_is_up_is_protected(state: str) -> None:
    """Whatever it is going through, it has been complete once."""
    assert protection.protected("prod", _stacks(storage=state)) == "storage"


@pytest.mark.parametrize("state", NEVER_UP)
def test_a_stack_that_never_came_up_is_not(state: str) -> None:
    """It has to be deleted before it can be made again, while the others keep their protection."""
    stacks = _stacks(storage="CREATE_COMPLETE", serving=state, batch="UPDATE_COMPLETE")
    assert protection.protected("prod", stacks) == "storage,batch"


def test_a_stage_that_is_up_is_protected_whole() -> None:
    """Then no second deployment is needed."""
    states = dict.fromkeys(StackPart, "UPDATE_COMPLETE")
    assert protection.protected("prod", _stacks(**states)) == "all"


def test_what_cannot_be_asked_is_no_answer() -> None:
    """Without the right to look, the deployment ends and no protection is lifted."""
    with pytest.raises(ClientError, match="not authorized"):
        protection.protected("prod", CloudFormation({}, refusal="not authorized"))


@pytest.mark.parametrize("arguments", [[], ["nowhere"], ["prod", "dev"]])
def test_a_wrong_stage_is_one_line(arguments: list[str]) -> None:
    """`make deploy` stops there, and says what could have been typed."""
    assert "local|dev|staging|prod" in str(protection.main(arguments))


def test_an_account_that_is_not_known_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error is said, and not that nothing is protected."""

    def refuse(_stage: object) -> None:
        raise FleetError("no credentials")

    monkeypatch.setattr(Cloud, "connect", refuse)
    assert protection.main(["prod"]) == "no credentials"
