"""Stores reported outcomes."""

from collections.abc import Callable
from datetime import date, datetime

from modelfleet.outcomes.prediction_ids import PredictionIds
from modelfleet.spec.document import Document
from modelfleet.spec.errors import ConflictError, DatasetError, UnavailableError
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore


class Feedback(Document):
    """Outcome of one prediction; the first reported outcome is final.

    `actual` is 0 or 1 for binary models, the class's name for multiclass models, and the target's
    value for regression. `client` is the ID of the API key that reported it, which is the key that
    requested the prediction; it is empty if no key is required.
    """

    noun = "stored outcome"
    error = DatasetError

    prediction_id: str
    model: str
    actual: float | str
    received_at: datetime
    request_id: str
    client: str = ""


class FeedbackRecorder:
    """Stores outcomes in the lake, one object per prediction, by the day of the prediction.

    Parameters
    ----------
    ids
        Verifies prediction IDs.
    open_lake
        Opens the lake bucket; called at the first feedback and not at startup, because a connection
        from before a snapshot would be dead.
    """

    def __init__(self, ids: PredictionIds, open_lake: Callable[[], ObjectStore]) -> None:
        self._ids = ids
        self._open_lake = open_lake
        self._lake: ObjectStore | None = None

    def record(self, feedback: Feedback) -> None:
        """Store an outcome durably.

        Reporting the same outcome again is allowed. A different outcome is rejected, because the
        function cannot know which one is right, and training data must not change.

        Raises
        ------
        UnknownPredictionError
            If the model never made such a prediction for this client.
        ConflictError
            If a different outcome is stored for this prediction.
        UnavailableError
            If the lake is unavailable.
        """
        day = self._ids.day_of(feedback.prediction_id, feedback.client)
        try:
            known = self._create_or_read(feedback, day)
        # Network errors have many classes, and the caller can only send the outcome again.
        except Exception as error:
            raise UnavailableError("The outcome could not be stored; send it again.") from error
        if known is not None and known.actual != feedback.actual:
            raise ConflictError("A different outcome is already stored for this prediction.")

    def _create_or_read(self, feedback: Feedback, day: date) -> Feedback | None:
        lake = self._lake = self._lake or self._open_lake()
        key = keys.feedback(feedback.model, day.isoformat(), feedback.prediction_id)
        try:
            lake.create(key, feedback.model_dump_json().encode())
        except ConflictError:
            return Feedback.parse(lake.get(key).content)
        return None
