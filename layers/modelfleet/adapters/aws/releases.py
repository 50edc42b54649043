"""Requests of the console to the release function and the retraining state machine."""

from typing import Any

from pydantic import BaseModel

from modelfleet.adapters.aws.aws_json import AwsJsonClient
from modelfleet.retraining.state import RetrainingRequest
from modelfleet.spec.errors import CallError, ConflictError, UnavailableError

_PATH = "/2015-03-31/functions/{name}/invocations"
_EXISTS = "ExecutionAlreadyExists"


class FleetReleases:
    """Sends requests as the command line does.

    Parameters
    ----------
    functions, machines
        Clients of Lambda and of Step Functions.
    release_function
        Name of the release function.
    retraining_machine
        ARN of the retraining state machine.
    """

    def __init__(
        self,
        functions: AwsJsonClient,
        machines: AwsJsonClient,
        release_function: str,
        retraining_machine: str,
    ) -> None:
        self._functions = functions
        self._machines = machines
        self._release_function = release_function
        self._retraining_machine = retraining_machine

    def ask(self, request: BaseModel) -> None:
        """Send a request to the release function.

        Raises
        ------
        ConflictError
            If the function refuses it; the message says why.
        UnavailableError
            If the function cannot be reached.
        """
        path = _PATH.format(name=self._release_function)
        try:
            answer: Any = self._functions.post(path, request.model_dump_json().encode(), {})
        except CallError as error:
            raise UnavailableError(str(error)) from error
        if isinstance(answer, dict) and "errorType" in answer:
            raise ConflictError(str(answer.get("errorMessage")))

    def retrain(self, request: RetrainingRequest, name: str) -> None:
        """Start an execution of the retraining state machine.

        Raises
        ------
        ConflictError
            If there is an execution of that name with another request.
        UnavailableError
            If the service cannot be reached.
        """
        content = {
            "stateMachineArn": self._retraining_machine,
            "name": name,
            "input": request.model_dump_json(),
        }
        try:
            self._machines.call("StartExecution", content)
        except CallError as error:
            if _EXISTS in str(error):
                raise ConflictError(
                    f"{request.model}: a retraining was started within this minute already; "
                    "nothing was done"
                ) from error
            raise UnavailableError(str(error)) from error
