"""Direct invocation of the deployed predict functions."""

import json

from modelfleet.adapters.aws.aws_json import AwsJsonClient
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
        event = {REPLAY_KEY: request.model_dump(mode="json")}
        answer = self._client.post(
            _PATH.format(name=self._name), json.dumps(event).encode(), {"Qualifier": self._alias}
        )
        if not isinstance(answer, dict) or "rows" not in answer:
            message = answer.get("errorMessage") if isinstance(answer, dict) else answer
            raise CallError(f"{self._name} failed: {message}", transient=False)
        return ReplayAnswer.model_validate(answer)
