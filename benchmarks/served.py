"""A released model behind the predict function's application, in this process."""

import json
from collections.abc import Mapping
from typing import IO, Any

from benchmarks.fleet_model import Retraining
from benchmarks.layout import EVENT
from functions.predict.app import create_app
from functions.predict.gateway import Handler, behind_gateway
from modelfleet.adapters.aws.signing_keys import FixedKeys
from modelfleet.adapters.prediction_log import PowertoolsTelemetry
from modelfleet.bootstrap.serving import bundle_service, value_sealer
from modelfleet.serving.cache import PredictionCache
from modelfleet.settings import NAMESPACE


class ServedFleetModel:
    """A released model, and handlers that serve it.

    Parameters
    ----------
    retraining
        The model, with a released version in its artifacts.
    log
        Receives the function's log lines.
    """

    def __init__(self, retraining: Retraining, log: IO[str]) -> None:
        self._spec = retraining.spec
        self._artifacts = retraining.artifacts
        self._telemetry = PowertoolsTelemetry(
            self._spec.name,
            NAMESPACE,
            stream=log,
            sealer=value_sealer(FixedKeys(b"in this process")),
        )

    def handler(self, cache: PredictionCache | None) -> Handler:
        """Make the function's handler, with a cache or without one."""
        service = bundle_service(self._spec, self._artifacts, self._telemetry, cache)
        return behind_gateway(create_app(service), self._telemetry)

    def event(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return API Gateway's event of a request."""
        event: dict[str, Any] = json.loads(EVENT.read_text())
        return event | {"path": f"/{self._spec.name}{path}", "body": json.dumps(body)}
