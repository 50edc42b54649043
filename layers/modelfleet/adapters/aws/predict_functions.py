"""Direct invocation of the deployed predict functions."""

import json
from typing import Any

from modelfleet.adapters.aws.aws_json import AwsJsonClient
from modelfleet.serving.proxy_event import ProxyAnswer, proxy_answer
from modelfleet.serving.replay import REPLAY_KEY, ReplayAnswer, ReplayRequest
from modelfleet.spec.errors import CallError

_PATH = "/2015-03-31/functions/{name}/invocations"


class PredictFunction:
    """A model's predict function behind its alias.

    Parameters
    ----------
    client
        Client of Lambda.
    name, alias
        Name of the function, and the alias that also serves callers.
    """

    def __init__(self, client: AwsJsonClient, name: str, alias: str) -> None:
        self._client = client
        self._name = name
        self._alias = alias

    def ask(self, request: ReplayRequest) -> ReplayAnswer:
        """Score rows with a version of the model.

        Raises
        ------
        CallError
            If the call or the function fails.
        """
        answer = self._invoke({REPLAY_KEY: request.model_dump(mode="json")})
        if not isinstance(answer, dict) or "rows" not in answer:
            message = answer.get("errorMessage") if isinstance(answer, dict) else answer
            raise CallError(f"{self._name} failed: {message}", transient=False)
        return ReplayAnswer.model_validate(answer)

    def request(self, event: dict[str, Any]) -> ProxyAnswer:
        """Send a request of the API, as API Gateway would.

        Raises
        ------
        CallError
            If the call or the function fails.
        """
        answer = self._invoke(event)
        try:
            return proxy_answer(answer if isinstance(answer, dict) else {})
        except ValueError as error:
            raise CallError(f"{self._name} failed: {error}", transient=False) from error

    def _invoke(self, event: dict[str, Any]) -> Any:
        content = json.dumps(event).encode()
        return self._client.post(_PATH.format(name=self._name), content, {"Qualifier": self._alias})
