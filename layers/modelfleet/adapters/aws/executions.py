"""Checks whether a Step Functions execution is still running."""

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
            answer = self._client.call("DescribeExecution", {"executionArn": arn})
        except CallError as error:
            if "ExecutionDoesNotExist" in str(error):
                return False
            raise
        return answer["status"] in _RUNNING
