"""Lambda handler: the application behind API Gateway, with its model loaded at cold start."""

# ruff: noqa: PLC0415  imports inside functions run while AWS responds.

import gc
import os
from typing import TYPE_CHECKING, Any

from modelfleet.bootstrap import serving

# NumPy's linear algebra, which serving does not use, would otherwise start a thread per additional
# core; the threads spin while they wait, and slow down the cold start.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

if TYPE_CHECKING:
    from functions.predict.gateway import Handler


def _answering() -> "Handler":
    """Build everything that does not need the model."""
    from functions.predict.app import from_environment
    from functions.predict.gateway import behind_gateway
    from modelfleet.adapters.runtime import runtime
    from modelfleet.serving.replay import REPLAY_KEY, read_replay_request

    model = serving.predict_settings().model
    # The telemetry logs requests; these keys are for log lines of the library and other packages.
    runtime("predict").append_keys(model=model)
    telemetry = serving.serving_telemetry(model)
    gateway = behind_gateway(from_environment(), telemetry)

    def answer(event: Any, context: Any) -> dict[str, Any]:
        # Callers of the API cannot add keys at this level of API Gateway's events.
        if isinstance(event, dict) and REPLAY_KEY in event and "requestContext" not in event:
            return serving.replay(read_replay_request(event)).model_dump(mode="json")
        return gateway(event, context)

    return answer


# Objects of the cold start are permanent: collecting garbage among them takes a sixth of the start,
# and scanning them again at every collection would slow down large batches.
gc.disable()
# Handles requests from API Gateway, and replays from the release function.
handler: "Handler" = serving.signing_keys().prime(
    meanwhile=lambda: serving.release_follower().prime(meanwhile=_answering)
)
gc.freeze()
gc.enable()
