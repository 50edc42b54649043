"""Invocation of a published function version with an API Gateway event."""

import json
from collections.abc import Mapping
from typing import Any

from modelfleet.adapters.aws.aws_json import AwsJsonClient
from modelfleet.serving.proxy_event import ProxyAnswer, proxy_answer
from modelfleet.spec.errors import CallError

_PATH = "/2015-03-31/functions/{name}/invocations"


class FunctionVersion:
    """A `NewCode` on Lambda.

    Parameters
    ----------
    client
        Client of Lambda.
    name, version
        Name of the function, and the number of its version.
    """

    def __init__(self, client: AwsJsonClient, name: str, version: str) -> None:
        self._client = client
        self._name = name
        self._version = version

    def ask(self, event: Mapping[str, Any]) -> ProxyAnswer:
        """Send a request to the version; see `NewCode.ask`."""
        answer = self._client.post(
            _PATH.format(name=self._name), json.dumps(event).encode(), {"Qualifier": self._version}
        )
        try:
            return proxy_answer(answer)
        except ValueError as error:
            message = answer.get("errorMessage") if isinstance(answer, dict) else answer
            raise CallError(
                f"version {self._version} of {self._name} failed: {message}", transient=False
            ) from error
