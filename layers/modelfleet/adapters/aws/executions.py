"""Status of Step Functions executions."""

from modelfleet.adapters.aws.aws_json import AwsJsonClient
from modelfleet.spec.errors import CallError

_RUNNING = frozenset({"RUNNING", "PENDING_REDRIVE"})


class Executions:
    """Looks up executions in Step Functions.

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
            answer = self._client.call("DescribeExecution", {"executionArn": arn})
        except CallError as error:
            if "ExecutionDoesNotExist" in str(error):
                return False
            raise
        return answer["status"] in _RUNNING
