"""Scores validated rows with the version to which the release routes them."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import SystemRandom
from typing import Any, NamedTuple, TypeVar

from modelfleet.outcomes.entities import EntityHashes
from modelfleet.outcomes.prediction_ids import PredictionIds
from modelfleet.registry.pointer import Variant
from modelfleet.serving.answers import outcomes
from modelfleet.serving.cache import PredictionCache
from modelfleet.serving.follow import Release, ReleaseFollower
from modelfleet.serving.load import ServedModel
from modelfleet.serving.privacy import Privacy
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

    `entity` is the caller's own ID, of which only a keyed hash is recorded. `client` is the ID of
    the API key, and empty without a key. `may_report` says whether it may report outcomes.
    """

    request_id: str
    started: float
    entity: str | None = None
    client: str = ""
    may_report: bool = False


class Prediction(NamedTuple):
    """Prediction for one row, with its ID.

    `arm` is the version and variant that made it, if it may differ from that of other rows.
    """

    prediction_id: str
    outcome: Outcome
    arm: tuple[str, Variant] | None = None


@dataclass(frozen=True, slots=True)
class Predictions:
    """Predictions of one request, in the order of its rows, with their version and variant.

    `remembered` is the number of cached predictions; `None` if the cache was not used. If rows have
    entities of different arms, version and variant are the champion's, and those of each prediction
    are its own.
    """

    version: str
    variant: Variant
    items: tuple[Prediction, ...]
    remembered: int | None = None


@dataclass(frozen=True, slots=True)
class _Asked:
    """Rows of a request, with the ID of each prediction and the hash of each entity."""

    rows: Sequence[Row]
    ids: Sequence[str]
    hashes: Sequence[str]
    made_at: datetime

    def part(self, places: Sequence[int]) -> "_Asked":
        """Return some of the rows."""
        rows = [self.rows[place] for place in places]
        ids = [self.ids[place] for place in places]
        return _Asked(rows, ids, [self.hashes[place] for place in places], self.made_at)


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
    entities
        Hashes the callers' IDs of entities.
    privacy
        The columns that are not logged, or only in encrypted form.
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
        entities: EntityHashes,
        privacy: Privacy,
        memory: PredictionCache | None = None,
        draw: Callable[[], float] = _random.random,
    ) -> None:
        self._follower = follower
        self._telemetry = telemetry
        self._ids = ids
        self._entities = entities
        self._privacy = privacy
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
        release = self._follower.current()
        return self._on_arm(release, choose(release.pointer, call.entity, self._draw), work)

    def _on_arm(
        self, release: Release, chosen: Variant, work: Callable[[ServedModel, Variant], Answer]
    ) -> Answer:
        model, variant = release.arm(chosen)
        if variant is Variant.CHALLENGER:
            try:
                return work(model, variant)
            # The champion serves the request after any error of the challenger.
            except Exception as error:  # noqa: BLE001  reported; the champion serves the request
                self._telemetry.challenger_failed(model.manifest.version, error)
        return work(release.champion, Variant.CHAMPION)

    def predict(
        self, rows: Sequence[Row], call: Call, entities: Sequence[str | None] = ()
    ) -> Predictions:
        """Score rows validated by the model's `Features`; there may be none.

        `entities` are the entities of the rows, if rows have entities of their own; the others have
        that of the request.

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
        asked = _Asked(rows, ids, self._hashes(rows, call, entities), made_at)
        shared = choose(release.pointer, call.entity, self._draw)
        chosen = [
            shared if each is None else choose(release.pointer, each, self._draw)
            for each in entities
        ]
        if len(set(chosen)) <= 1:
            return self._answered(release, chosen[0] if chosen else shared, asked, call)
        return self._by_arm(release, chosen, asked, call)

    def _by_arm(
        self, release: Release, chosen: Sequence[Variant], asked: "_Asked", call: Call
    ) -> Predictions:
        """Answer each row by its own arm; each arm records its part as a request of its own."""
        items: dict[int, Prediction] = {}
        for arm in dict.fromkeys(chosen):
            places = [place for place, each in enumerate(chosen) if each is arm]
            made = self._answered(release, arm, asked.part(places), call)
            own = made.version, made.variant
            items |= {p: i._replace(arm=own) for p, i in zip(places, made.items, strict=True)}
        ordered = tuple(items[place] for place in range(len(chosen)))
        return Predictions(release.champion.manifest.version, Variant.CHAMPION, ordered)

    def _answered(
        self, release: Release, chosen: Variant, asked: "_Asked", call: Call
    ) -> Predictions:
        predictions = self._on_arm(
            release,
            chosen,
            lambda model, variant: self._predictions(model, variant, asked.rows, asked.ids),
        )
        latency_ms = (time.perf_counter() - call.started) * 1000
        shadows = self._shadows(release.shadow(), asked.rows)
        if asked.rows:
            self._record(asked, predictions, shadows, call, latency_ms)
        return predictions

    def _hashes(
        self, rows: Sequence[Row], call: Call, entities: Sequence[str | None]
    ) -> Sequence[str]:
        """Return the hash of each row's entity; empty without one."""
        shared = self._entities.newest(call.entity) if call.entity else ""
        if not entities:
            return [shared] * len(rows)
        return [shared if each is None else self._entities.newest(each) for each in entities]

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
        asked: "_Asked",
        made: Predictions,
        shadows: Sequence[ShadowPrediction | None],
        call: Call,
        latency_ms: float,
    ) -> None:
        logged = [
            LoggedPrediction(
                item.prediction_id,
                shown,
                item.outcome._asdict(),
                item.outcome.score,
                shadow,
                item.outcome.low_confidence,
                entity,
                sensitive,
            )
            for (shown, sensitive), item, shadow, entity in zip(
                map(self._privacy.split, asked.rows), made.items, shadows, asked.hashes, strict=True
            )
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
                made_at=asked.made_at,
            )
        )


def _outcomes(model: ServedModel, rows: Sequence[Row]) -> Sequence[Outcome]:
    if not rows:
        return []
    return outcomes(model.manifest, model.scorer.score(model.manifest.encoding.encode(rows)))
