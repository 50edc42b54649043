"""Lambda's entry: the application behind API Gateway, its model loaded as the function starts."""

# ruff: noqa: PLC0415  what is imported within is imported while AWS answers.

import gc
import os
from typing import TYPE_CHECKING, Any

from modelfleet.bootstrap import serving

# NumPy's linear algebra, which serving does not use, else starts a thread for every further core;
# they wait by spinning, and take the start's processor time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

if TYPE_CHECKING:
    from functions.predict.gateway import Handler


def _answering() -> "Handler":
    """Build everything that the model itself is not needed for."""
    from functions.predict.app import from_environment
    from functions.predict.gateway import behind_gateway
    from modelfleet.adapters.runtime import runtime
    from modelfleet.serving.replay import REPLAY_KEY, read_replay_request

    model = serving.predict_settings().model
    # Requests are logged by the telemetry; this is for the library and for other packages.
    runtime("predict").append_keys(model=model)
    telemetry = serving.serving_telemetry(model)
    gateway = behind_gateway(from_environment(), telemetry)

    def answer(event: Any, context: Any) -> dict[str, Any]:
        # The gateway makes its own events, in which callers name nothing at this level.
        if isinstance(event, dict) and REPLAY_KEY in event and "requestContext" not in event:
            return serving.replay(read_replay_request(event)).model_dump(mode="json")
        return gateway(event, context)

    return answer


# What a start makes, it keeps: to look for garbage in it takes a sixth of the start, and to look
# through it again at every collection would slow large batches down.
gc.disable()
# Answers a request from the gateway, or a release that tries a version out.
handler: "Handler" = serving.signing_keys().prime(
    meanwhile=lambda: serving.release_follower().prime(meanwhile=_answering)
)
gc.freeze()
gc.enable()
