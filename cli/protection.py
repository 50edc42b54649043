"""Prints which stacks of a stage `make deploy` should protect from deletion.

A stack whose creation failed must not be protected, because it can only be deleted and recreated.
"""

import sys
from typing import Any

from botocore.exceptions import ClientError

from cli.cloud import Cloud, Stage
from cli.output.console import answer
from cli.output.errors import FleetError
from modelfleet.resource_names import StackPart, stack_name

_PROGRAM = "python -m cli.protection"
# A stack in any other state has been created completely.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
_NEVER_CREATED = frozenset(
    {
        "REVIEW_IN_PROGRESS",
        "CREATE_IN_PROGRESS",
        "CREATE_FAILED",
        "ROLLBACK_IN_PROGRESS",
        "ROLLBACK_FAILED",
        "ROLLBACK_COMPLETE",
        "DELETE_IN_PROGRESS",
        "DELETE_FAILED",
        "DELETE_COMPLETE",
    }
)


def protected(stage: str, client: Any) -> str:
    """The deployment's setting `protected`: the created stacks, or `all`, or `none`.

    Parameters
    ----------
    stage
        The stage's name.
    client
        A boto3 client of CloudFormation.
    """
    created = [part for part in StackPart if _is_created(client, stack_name(stage, part))]
    if created == list(StackPart):
        return "all"
    return ",".join(created) or "none"


def _is_created(client: Any, name: str) -> bool:
    try:
        (stack,) = client.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if "does not exist" in error.response["Error"]["Message"]:
            return False
        raise
    return stack["StackStatus"] not in _NEVER_CREATED


def main(arguments: list[str]) -> str | None:
    """Print the setting; returns an error message, if any."""
    if len(arguments) != 1 or arguments[0] not in list(Stage):
        return f"usage: {_PROGRAM} {'|'.join(Stage)}"
    try:
        cloud = Cloud.connect(Stage(arguments[0]))
        found = protected(cloud.stage, cloud.client("cloudformation"))
    except (FleetError, ClientError) as error:
        return str(error)
    answer(found)
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
