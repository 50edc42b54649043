"""Scores validated rows with the version that the release routes them to."""

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

# Asks the operating system each time: a seed from before a snapshot would repeat in every
# environment that is restored from it.
_random = SystemRandom()


@dataclass(frozen=True, slots=True)
class Call:
    """Who asks: the request's identity, its arrival by `time.perf_counter`, and the entity.

    `client` is whose API key it came with, by the key's id, and empty without one.
    """

    request_id: str
    started: float
    entity: str | None = None
    client: str = ""


class Prediction(NamedTuple):
    """One row's outcome under its own identity."""

    prediction_id: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Predictions:
    """The outcomes of one request, in the order of its rows, and who made them.

    `remembered` is how many of them were not scored, `None` where none could be remembered.
    """

    version: str
    variant: Variant
    items: tuple[Prediction, ...]
    remembered: int | None = None


class Predictor:
    """Answers requests for predictions.

    Parameters
    ----------
    follower
        Gives the release that serves at the moment.
    telemetry
        Hears of every prediction.
    ids
        Makes their identities.
    personal_data
        Names of the columns that are never logged.
    memory
        Remembers the outcomes of rows that come alone; without it, every row is scored.
    draw
        Uniform numbers in [0, 1) for routing.
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
        """What serves now.

        Raises
        ------
        NotReadyError
            If no version is loaded.
        """
        return self._follower.current()

    def on_an_arm(self, call: Call, work: Callable[[ServedModel, Variant], Answer]) -> Answer:
        """Do something with the version that a call is given to.

        What a challenger fails at is done again with the champion.

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
            # Whatever a challenger does, its champion can answer.
            except Exception as error:  # noqa: BLE001  answered for: reported, the champion answers
                self._telemetry.challenger_failed(model.manifest.version, error)
        return work(release.champion, Variant.CHAMPION)

    def predict(self, rows: Sequence[Row], call: Call) -> Predictions:
        """Score rows that the model's `Features` has validated; none at all are no error.

        Where a challenger cannot answer its share, the champion does: a release never costs a
        caller an answer. A challenger in shadow mode scores them too, after the champion: its
        answers are logged beside those that are given, and whatever goes wrong with it is logged
        and nothing else.

        Raises
        ------
        NotReadyError
            If no version is loaded.
        ScoringError
            If the model answers something that is no number.
        UnavailableError
            If predictions cannot be given an identity.
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
        # A batch is worked through once: its rows would only push out those that come again.
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
        # Whatever a challenger does, the champion has answered.
        except Exception as error:  # noqa: BLE001  answered for: reported, and nobody was shown it
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
