"""Scores validated rows with the version to which the release routes them."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import SystemRandom
from typing import Any, NamedTuple, TypeVar

from modelfleet.outcomes.prediction_ids import PredictionIds
from modelfleet.registry.pointer import Variant
from modelfleet.serving.answers import outcomes
from modelfleet.serving.cache import PredictionCache
from modelfleet.serving.follow import Release, ReleaseFollower
from modelfleet.serving.load import ServedModel
from modelfleet.serving.routing import choose
from modelfleet.serving.tasks.task_answers import Outcome
from modelfleet.serving.telemetry import (
    AnsweredRequest,
    LoggedPrediction,
    ServingTelemetry,
    ShadowPrediction,
)

Row = Mapping[str, Any]
Answer = TypeVar("Answer")

# Uses the operating system's randomness: a seed from before a snapshot would repeat in every
# environment restored from it.
_random = SystemRandom()


@dataclass(frozen=True, slots=True)
class Call:
    """Context of a request: its ID, its arrival by `time.perf_counter`, and the entity.

    `client` is the ID of the API key, and empty without a key.
    """

    request_id: str
    started: float
    entity: str | None = None
    client: str = ""


class Prediction(NamedTuple):
    """Prediction for one row, with its ID."""

    prediction_id: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Predictions:
    """Predictions of one request, in the order of its rows, with their version and variant.

    `remembered` is the number of cached predictions; `None` if the cache was not used.
    """

    version: str
    variant: Variant
    items: tuple[Prediction, ...]
    remembered: int | None = None


class Predictor:
    """Serves requests for predictions.

    Parameters
    ----------
    follower
        Provides the current release.
    telemetry
        Records every prediction.
    ids
        Makes prediction IDs.
    personal_data
        Names of the columns that are never logged.
    memory
        Caches predictions of single-row requests; without it, every row is scored.
    draw
        Returns uniform random numbers in [0, 1) for routing.
    """

    def __init__(
        self,
        follower: ReleaseFollower,
        telemetry: ServingTelemetry,
        ids: PredictionIds,
        personal_data: frozenset[str],
        memory: PredictionCache | None = None,
        draw: Callable[[], float] = _random.random,
    ) -> None:
        self._follower = follower
        self._telemetry = telemetry
        self._ids = ids
        self._personal_data = personal_data
        self._memory = memory
        self._draw = draw

    def release(self) -> Release:
        """Return the current release.

        Raises
        ------
        NotReadyError
            If no version is loaded.
        """
        return self._follower.current()

    def on_an_arm(self, call: Call, work: Callable[[ServedModel, Variant], Answer]) -> Answer:
        """Call `work` with the version to which a call is routed.

        If the challenger fails, `work` is called again with the champion.

        Raises
        ------
        NotReadyError
            If no version is loaded.
        """
        return self._on_an_arm(self._follower.current(), call, work)

    def _on_an_arm(
        self, release: Release, call: Call, work: Callable[[ServedModel, Variant], Answer]
    ) -> Answer:
        model, variant = release.arm(choose(release.pointer, call.entity, self._draw))
        if variant is Variant.CHALLENGER:
            try:
                return work(model, variant)
            # The champion serves the request after any error of the challenger.
            except Exception as error:  # noqa: BLE001  reported; the champion serves the request
                self._telemetry.challenger_failed(model.manifest.version, error)
        return work(release.champion, Variant.CHAMPION)

    def predict(self, rows: Sequence[Row], call: Call) -> Predictions:
        """Score rows validated by the model's `Features`; there may be none.

        If a challenger fails, the champion serves its requests, so that a release never costs a
        caller a response. A challenger in shadow mode scores the rows after the champion; its
        output is logged next to the champion's, and its errors are only logged.

        Raises
        ------
        NotReadyError
            If no version is loaded.
        ScoringError
            If the model's output is not a number.
        UnavailableError
            If no key is available to sign prediction IDs.
        """
        release, made_at = self._follower.current(), datetime.now(UTC)
        ids = self._ids.make(len(rows), call.client, made_at)
        predictions = self._on_an_arm(
            release, call, lambda model, variant: self._predictions(model, variant, rows, ids)
        )
        latency_ms = (time.perf_counter() - call.started) * 1000
        shadows = self._shadows(release.shadow(), rows)
        if rows:
            self._record(rows, predictions, shadows, call, latency_ms, made_at)
        return predictions

    def _predictions(
        self, model: ServedModel, variant: Variant, rows: Sequence[Row], ids: Sequence[str]
    ) -> Predictions:
        found, remembered = self._outcomes(model, rows)
        items = tuple(map(Prediction, ids, found))
        return Predictions(model.manifest.version, variant, items, remembered)

    def _outcomes(
        self, model: ServedModel, rows: Sequence[Row]
    ) -> tuple[Sequence[Outcome], int | None]:
        # Rows of a batch rarely repeat and would evict those that do.
        if self._memory is None or len(rows) != 1:
            return _outcomes(model, rows), None
        outcome, remembered = self._memory.recall(
            model.manifest.version, rows[0], lambda: _outcomes(model, rows)[0]
        )
        return [outcome], int(remembered)

    def _shadows(
        self, challenger: ServedModel | None, rows: Sequence[Row]
    ) -> Sequence[ShadowPrediction | None]:
        if challenger is None:
            return [None] * len(rows)
        version = challenger.manifest.version
        try:
            return [ShadowPrediction(version, o._asdict()) for o in _outcomes(challenger, rows)]
        # The champion has already served the request.
        except Exception as error:  # noqa: BLE001  reported; no caller sees a shadow's output
            self._telemetry.shadow_failed(version, error)
            return [None] * len(rows)

    def _record(
        self,
        rows: Sequence[Row],
        made: Predictions,
        shadows: Sequence[ShadowPrediction | None],
        call: Call,
        latency_ms: float,
        made_at: datetime,
    ) -> None:
        logged = [
            LoggedPrediction(
                item.prediction_id,
                self._loggable(row),
                item.outcome._asdict(),
                item.outcome.score,
                shadow,
                item.outcome.low_confidence,
            )
            for row, item, shadow in zip(rows, made.items, shadows, strict=True)
        ]
        self._telemetry.answered(
            AnsweredRequest(
                request_id=call.request_id,
                version=made.version,
                variant=made.variant,
                latency_ms=latency_ms,
                predictions=logged,
                cache_hits=made.remembered,
                client=call.client,
                made_at=made_at,
            )
        )

    def _loggable(self, row: Row) -> Row:
        if not self._personal_data:
            return row
        return {name: value for name, value in row.items() if name not in self._personal_data}


def _outcomes(model: ServedModel, rows: Sequence[Row]) -> Sequence[Outcome]:
    if not rows:
        return []
    return outcomes(model.manifest, model.scorer.score(model.manifest.encoding.encode(rows)))
