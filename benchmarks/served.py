"""A released model behind the function's own application, in this process."""

import json
from collections.abc import Mapping
from typing import IO, Any

from benchmarks.fleet_model import Retraining
from benchmarks.layout import EVENT
from functions.predict.app import create_app
from functions.predict.gateway import Handler, behind_gateway
from modelfleet.adapters.aws.signing_keys import FixedKeys
from modelfleet.adapters.telemetry import PowertoolsTelemetry
from modelfleet.bootstrap.serving import follow_release, predict_service
from modelfleet.outcomes.prediction_ids import PredictionIds
from modelfleet.serving.cache import PredictionCache
from modelfleet.settings import NAMESPACE, PredictSettings

_NEVER_SECONDS = 3600.0
_KEY = b"benchmark"


class ServedFleetModel:
    """One model's release, and any number of applications over it.

    Parameters
    ----------
    retraining
        Whose artifacts hold a released version.
    log
        Takes the lines that the function would print.
    """

    def __init__(self, retraining: Retraining, log: IO[str]) -> None:
        self._spec = retraining.spec
        self._lake = retraining.lake
        self._telemetry = PowertoolsTelemetry(self._spec.name, NAMESPACE, stream=log)
        self._follower = follow_release(
            self._spec,
            lambda: retraining.artifacts,
            self._telemetry,
            refresh_seconds=_NEVER_SECONDS,
        )
        self._follower.prime()

    def handler(self, cache: PredictionCache | None) -> Handler:
        """Make the function's handler with this cache, or without one."""
        service = predict_service(
            self._spec,
            self._settings(),
            follower=self._follower,
            ids=PredictionIds(self._spec.name, FixedKeys(_KEY)),
            telemetry=self._telemetry,
            open_lake=lambda: self._lake,
            cache=cache,
        )
        return behind_gateway(create_app(service), self._telemetry)

    def event(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """API Gateway's event of a request."""
        event: dict[str, Any] = json.loads(EVENT.read_text())
        return event | {"path": f"/{self._spec.name}{path}", "body": json.dumps(body)}

    def _settings(self) -> PredictSettings:
        return PredictSettings(
            stage="prod",
            model=self._spec.name,
            artifacts_bucket="memory",
            lake_bucket="memory",
            signing_keys="",
            refresh_seconds=_NEVER_SECONDS,
            maximum_body_bytes=1024 * 1024,
            docs_enabled=False,
            details_enabled=False,
            allowed_origins="",
        )
