"""Invokes the deployed predict functions directly."""

import json

from modelfleet.adapters.aws.aws_json import AwsJsonClient
from modelfleet.serving.replay import REPLAY_KEY, ReplayAnswer, ReplayRequest
from modelfleet.spec.errors import CallError

_PATH = "/2015-03-31/functions/{name}/invocations"


class PredictFunction:
    """One model's predict function, as its alias serves it.

    Parameters
    ----------
    client
        Calls Lambda.
    name, alias
        The function, and the alias that callers reach too.
    """

    def __init__(self, client: AwsJsonClient, name: str, alias: str) -> None:
        self._client = client
        self._name = name
        self._alias = alias

    def ask(self, request: ReplayRequest) -> ReplayAnswer:
        """Have a version answer some rows.

        Raises
        ------
        CallError
            If the function cannot be called, or fails.
        """
        event = {REPLAY_KEY: request.model_dump(mode="json")}
        answer = self._client.post(
            _PATH.format(name=self._name), json.dumps(event).encode(), {"Qualifier": self._alias}
        )
        if not isinstance(answer, dict) or "rows" not in answer:
            said = answer.get("errorMessage") if isinstance(answer, dict) else answer
            raise CallError(f"{self._name} failed: {said}", transient=False)
        return ReplayAnswer.model_validate(answer)
