"""Describes Step Functions executions."""

from typing import Any

from modelfleet.adapters.aws.aws_json import AwsJsonClient
from modelfleet.spec.errors import CallError

_RUNNING = frozenset({"RUNNING", "PENDING_REDRIVE"})


class Executions:
    """Asks Step Functions.

    Parameters
    ----------
    client
        Calls Step Functions.
    """

    def __init__(self, client: AwsJsonClient) -> None:
        self._client = client

    def is_running(self, arn: str) -> bool:
        """Whether it runs; one that nobody knows any more does not.

        Raises
        ------
        CallError
            If Step Functions does not say.
        """
        try:
            return self._described(arn)["status"] in _RUNNING
        except CallError as error:
            if "ExecutionDoesNotExist" in str(error):
                return False
            raise

    def input_of(self, arn: str) -> str:
        """What an execution was started with, as its JSON.

        Raises
        ------
        CallError
            If Step Functions does not say.
        """
        return str(self._described(arn).get("input", ""))

    def _described(self, arn: str) -> Any:
        return self._client.call("DescribeExecution", {"executionArn": arn})
