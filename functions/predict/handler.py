"""Lambda's entry: the application behind API Gateway, its model loaded as the function starts."""

from typing import Any

from functions.predict.app import from_environment
from functions.predict.gateway import behind_gateway
from modelfleet import bootstrap
from modelfleet.domain.replay import REPLAY_KEY, read_replay_request

app = from_environment()
bootstrap.release_follower().prime()
_gateway = behind_gateway(app, bootstrap.serving_telemetry(bootstrap.predict_settings().model))


def handler(event: Any, context: Any) -> dict[str, Any]:
    """Answer a request from the gateway, or a release that tries a version out."""
    # The gateway makes its own events, in which callers name nothing at this level.
    if isinstance(event, dict) and REPLAY_KEY in event and "requestContext" not in event:
        return bootstrap.replay(read_replay_request(event)).model_dump(mode="json")
    return _gateway(event, context)
