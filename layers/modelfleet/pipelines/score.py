"""Score validated rows with the version that the release gives them to."""

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import SystemRandom
from typing import Any

from modelfleet.domain.bundle import BundleManifest
from modelfleet.domain.errors import BundleError
from modelfleet.domain.ports import ServingTelemetry
from modelfleet.domain.prediction import Classification, Estimate, classify, estimate
from modelfleet.domain.release import Variant
from modelfleet.domain.routing import choose
from modelfleet.domain.telemetry import AnsweredRequest, LoggedPrediction
from modelfleet.pipelines.follow import Release, ReleaseFollower

Row = Mapping[str, Any]

# Asks the operating system each time: a seed from before a snapshot would repeat in every
# environment that is restored from it.
_random = SystemRandom()


@dataclass(frozen=True, slots=True)
class Call:
    """Who asks: the request's identity, its arrival by `time.perf_counter`, and the entity."""

    request_id: str
    started: float
    entity: str | None = None


@dataclass(frozen=True, slots=True)
class Prediction:
    """One row's outcome under its own identity."""

    prediction_id: str
    outcome: Classification | Estimate


@dataclass(frozen=True, slots=True)
class Predictions:
    """The outcomes of one request, in the order of its rows, and who made them."""

    version: str
    variant: Variant
    items: tuple[Prediction, ...]


class Predictor:
    """Answers requests for predictions.

    Parameters
    ----------
    follower
        Gives the release that serves at the moment.
    telemetry
        Hears of every prediction.
    personal_data
        Names of the columns that are never logged.
    draw
        Uniform numbers in [0, 1) for routing.
    """

    def __init__(
        self,
        follower: ReleaseFollower,
        telemetry: ServingTelemetry,
        personal_data: frozenset[str],
        draw: Callable[[], float] = _random.random,
    ) -> None:
        self._follower = follower
        self._telemetry = telemetry
        self._personal_data = personal_data
        self._draw = draw

    def release(self) -> Release:
        """What serves now.

        Raises
        ------
        NotReadyError
            If no version is loaded.
        """
        return self._follower.current()

    def predict(self, rows: Sequence[Row], call: Call) -> Predictions:
        """Score rows that the model's `Features` has validated.

        Raises
        ------
        NotReadyError
            If no version is loaded.
        ScoringError
            If the model answers something that is no number.
        """
        release = self._follower.current()
        model, variant = release.arm(choose(release.pointer, call.entity, self._draw))
        scores = model.scorer.score(model.manifest.encoding.encode(rows))
        items = tuple(
            Prediction(str(uuid.uuid4()), outcome) for outcome in _outcomes(model.manifest, scores)
        )
        predictions = Predictions(model.manifest.version, variant, items)
        self._telemetry.answered(self._record(rows, predictions, call))
        return predictions

    def _record(self, rows: Sequence[Row], made: Predictions, call: Call) -> AnsweredRequest:
        return AnsweredRequest(
            request_id=call.request_id,
            version=made.version,
            variant=made.variant,
            latency_ms=(time.perf_counter() - call.started) * 1000,
            predictions=[
                LoggedPrediction(
                    item.prediction_id,
                    self._loggable(row),
                    item.outcome._asdict(),
                    item.outcome.score,
                )
                for row, item in zip(rows, made.items, strict=True)
            ],
        )

    def _loggable(self, row: Row) -> dict[str, Any]:
        return {name: value for name, value in row.items() if name not in self._personal_data}


def _outcomes(
    manifest: BundleManifest, scores: Sequence[float]
) -> Sequence[Classification | Estimate]:
    if manifest.threshold is not None:
        threshold = manifest.threshold
        return [classify(score, threshold) for score in scores]
    interval = manifest.interval
    if interval is None:
        raise BundleError(f"{manifest.model} {manifest.version}: neither threshold nor interval")
    return [estimate(score, interval) for score in scores]
