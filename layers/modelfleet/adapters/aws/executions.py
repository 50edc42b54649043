"""Status and input of Step Functions executions."""

from functools import partial
from typing import Any

from modelfleet.adapters.aws.aws_json import AwsJsonClient
from modelfleet.release.resume import PastExecution, last_output
from modelfleet.spec.errors import CallError

_RUNNING = frozenset({"RUNNING", "PENDING_REDRIVE"})

# The last states' events; a state that retries has four for each attempt.
_EVENTS = 100
_UNKNOWN = ("ExecutionDoesNotExist", "InvalidArn")

# https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html
_NO_LONGER_WAITING = ("TaskDoesNotExist", "TaskTimedOut")


class Executions:
    """Lookup of executions in Step Functions.

    Parameters
    ----------
    client
        Client of Step Functions.
    """

    def __init__(self, client: AwsJsonClient) -> None:
        self._client = client

    def is_running(self, arn: str) -> bool:
        """Whether the execution is running; one that no longer exists is not.

        Raises
        ------
        CallError
            If the call fails.
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

    def past(self, arn: str) -> PastExecution | None:
        """Read how far an execution came; `None` if there is none with this ARN.

        Raises
        ------
        CallError
            If a call fails.
        """
        try:
            status = str(self._described(arn)["status"])
        except CallError as error:
            if any(kind in str(error) for kind in _UNKNOWN):
                return None
            raise
        return PastExecution(status, last_output(partial(self._history, arn)))

    def _history(self, arn: str, token: str | None) -> Any:
        wanted = {"executionArn": arn, "reverseOrder": True, "maxResults": _EVENTS}
        return self._client.call(
            "GetExecutionHistory", wanted if token is None else wanted | {"nextToken": token}
        )

    def answer(self, token: str, output: str) -> bool:
        """Pass a result, as JSON, to the execution that waits with a token.

        Returns
        -------
        bool
            Whether one waits with it.

        Raises
        ------
        CallError
            If the call fails.
        """
        try:
            self._client.call("SendTaskSuccess", {"taskToken": token, "output": output})
        except CallError as error:
            if any(kind in str(error) for kind in _NO_LONGER_WAITING):
                return False
            raise
        return True

    def _described(self, arn: str) -> Any:
        return self._client.call("DescribeExecution", {"executionArn": arn})
