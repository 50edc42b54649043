"""A released model behind the function's own application, in this process."""

import json
import time
from collections.abc import Mapping
from typing import IO, Any

from benchmarks.fleet_model import Retraining
from benchmarks.layout import EVENT
from functions.predict.app import ServiceParts, create_app
from functions.predict.gateway import Handler, behind_gateway
from modelfleet.adapters.aws.signing_keys import FixedKeys
from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.adapters.telemetry import PowertoolsTelemetry
from modelfleet.outcomes.prediction_ids import PredictionIds
from modelfleet.outcomes.report import FeedbackRecorder
from modelfleet.serving.cache import PredictionCache
from modelfleet.serving.card import CardReader
from modelfleet.serving.explain import Explainer
from modelfleet.serving.follow import ReleaseFollower
from modelfleet.serving.load import load, load_background, load_card
from modelfleet.serving.score import Predictor
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
        self._follower = ReleaseFollower(
            model=self._spec.name,
            open_store=lambda: retraining.artifacts,
            load=lambda store, version: load(store, self._spec, version, OnnxScorer),
            refresh_seconds=_NEVER_SECONDS,
            patience_seconds=_NEVER_SECONDS,
            clock=time.time,
            telemetry=self._telemetry,
        )
        self._follower.prime()

    def handler(self, memory: PredictionCache | None) -> Handler:
        """Make the function's handler with this memory, or without one."""
        ids = PredictionIds(self._spec.name, FixedKeys(_KEY))
        predictor = Predictor(self._follower, self._telemetry, ids, frozenset(), memory)
        store = self._follower.store
        parts = ServiceParts(
            predictor,
            Explainer(predictor, lambda manifest: load_background(store(), manifest)),
            FeedbackRecorder(ids, lambda: self._lake),
            CardReader(predictor, lambda manifest: load_card(store(), manifest)),
        )
        app = create_app(
            spec=self._spec, service=parts, telemetry=self._telemetry, settings=self._settings()
        )
        return behind_gateway(app, self._telemetry)

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
