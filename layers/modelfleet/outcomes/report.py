"""Stores reported outcomes."""

import secrets
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import TypeVar

from modelfleet.outcomes.entities import EntityHashes
from modelfleet.outcomes.prediction_ids import PredictionIds
from modelfleet.spec.document import Document, Frozen
from modelfleet.spec.errors import ConflictError, DatasetError, UnavailableError
from modelfleet.storage import keys
from modelfleet.storage.documents import ATTEMPTS
from modelfleet.storage.object_store import ObjectStore

# A caller that changes its mind more often is not correcting; the object would grow without end.
CORRECTIONS_MAXIMUM = 20

# Several clients may report on an entity in the same microsecond.
_UNIQUE_BYTES = 4

Result = TypeVar("Result")


class SupersededReport(Frozen):
    """An earlier report of an outcome, which a correction superseded."""

    actual: float | str
    received_at: datetime
    request_id: str


class Feedback(Document):
    """Outcome of one prediction; a correction supersedes it and keeps the earlier reports.

    `actual` is 0 or 1 for binary models, the class's name for multiclass models, and the target's
    value for regression. `client` is the ID of the API key that reported it, which is the key that
    requested the prediction; it is empty if no key is required. `superseded` is oldest first.
    """

    noun = "stored outcome"
    error = DatasetError

    prediction_id: str
    model: str
    actual: float | str
    received_at: datetime
    request_id: str
    client: str = ""
    superseded: tuple[SupersededReport, ...] = ()

    def correcting(self, known: "Feedback") -> "Feedback":
        """Return this outcome with another one as its predecessor."""
        earlier = SupersededReport(
            actual=known.actual, received_at=known.received_at, request_id=known.request_id
        )
        return self.model_copy(update={"superseded": (*known.superseded, earlier)})


class EntityReport(Document):
    """Outcome of an entity, which belongs to the entity's newest prediction before the report.

    `entities` are the hashes of the entity under each key that its predictions may be stored with.
    """

    noun = "stored outcome of an entity"
    error = DatasetError

    entities: tuple[str, ...]
    model: str
    actual: float | str
    received_at: datetime
    request_id: str
    client: str = ""


def entity_report_name(received_at: datetime, entities: Sequence[str]) -> str:
    """Return the name of a report's object, by which readers skip entities without a prediction."""
    unique = secrets.token_hex(_UNIQUE_BYTES)
    return "-".join((f"{received_at:%H%M%S%f}", unique, *entities))


def entities_in(name: str) -> Sequence[str]:
    """Return the hashes of the entity in the name of a report's object."""
    return name.split("-")[2:]


class FeedbackRecorder:
    """Stores outcomes in the lake: one object per prediction, or per report on an entity.

    Parameters
    ----------
    ids
        Verifies prediction IDs.
    entities
        Hashes the IDs of entities.
    open_lake
        Opens the lake bucket; called at the first feedback and not at startup, because a connection
        from before a snapshot would be dead.
    """

    def __init__(
        self, ids: PredictionIds, entities: EntityHashes, open_lake: Callable[[], ObjectStore]
    ) -> None:
        self._ids = ids
        self._entities = entities
        self._open_lake = open_lake
        self._lake: ObjectStore | None = None

    def record(self, feedback: Feedback) -> bool:
        """Store an outcome durably, and return whether it corrects an earlier one.

        Reporting the same outcome again changes nothing.

        Raises
        ------
        UnknownPredictionError
            If the model never made such a prediction for this client.
        ConflictError
            If the outcome has been corrected too often.
        UnavailableError
            If the lake is unavailable.
        """
        day = self._ids.day_of(feedback.prediction_id, feedback.client)
        corrections = self._durably(lambda lake: _store(lake, feedback, day))
        if corrections > CORRECTIONS_MAXIMUM:
            raise ConflictError(
                f"The outcome of this prediction has been corrected {CORRECTIONS_MAXIMUM} times; "
                "load it from a file with fleet outcomes load."
            )
        return corrections > 0

    def record_entity(self, entity: str, report: EntityReport) -> None:
        """Store the outcome of an entity durably; readers find its prediction.

        Raises
        ------
        UnavailableError
            If the lake is unavailable.
        """
        hashes = tuple(self._entities.known(entity))
        whole = report.model_copy(update={"entities": hashes})
        name = entity_report_name(report.received_at, hashes)
        key = keys.entity_report(report.model, report.received_at.date().isoformat(), name)
        self._durably(lambda lake: lake.put(key, whole.model_dump_json().encode()))

    def _durably(self, store: Callable[[ObjectStore], Result]) -> Result:
        try:
            lake = self._lake = self._lake or self._open_lake()
            return store(lake)
        # Network errors have many classes, and the caller can only send the outcome again.
        except Exception as error:
            raise UnavailableError("The outcome could not be stored; send it again.") from error


def _store(lake: ObjectStore, feedback: Feedback, day: date) -> int:
    """Store an outcome, and return the number of corrections; above the maximum, nothing is."""
    key = keys.feedback(feedback.model, day.isoformat(), feedback.prediction_id)
    try:
        lake.create(key, feedback.model_dump_json().encode())
    except ConflictError:
        return _correct(lake, key, feedback)
    return 0


def _correct(lake: ObjectStore, key: str, feedback: Feedback) -> int:
    for _ in range(ATTEMPTS):
        stored = lake.get(key)
        known = Feedback.parse(stored.content)
        if known.actual == feedback.actual:
            return 0
        corrected = feedback.correcting(known)
        if len(corrected.superseded) > CORRECTIONS_MAXIMUM:
            return len(corrected.superseded)
        try:
            lake.replace(key, corrected.model_dump_json().encode(), stored.etag)
        except ConflictError:
            continue
        return len(corrected.superseded)
    raise UnavailableError("The outcome keeps changing; send it again.")
