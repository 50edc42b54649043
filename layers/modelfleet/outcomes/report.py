"""Stores reported outcomes."""

from collections.abc import Callable
from datetime import date, datetime

from modelfleet.outcomes.prediction_ids import PredictionIds
from modelfleet.spec.document import Document
from modelfleet.spec.errors import ConflictError, DatasetError, UnavailableError
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore


class Feedback(Document):
    """One prediction's outcome; the first that was reported for it stays.

    `actual` is 0 or 1 for a decision, the name of one of more than two classes, and the target's
    value for a regression. `client` is whose API key reported it, by the key's id: the same that
    the prediction was made for. It is empty where no key was asked for.
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
    """Stores outcomes in the lake, one object a prediction, by the day of the prediction.

    Parameters
    ----------
    ids
        Tells which predictions there are.
    open_lake
        Opens the lake bucket; called at the first feedback and not at the start, because a
        connection from before a snapshot would be dead.
    """

    def __init__(self, ids: PredictionIds, open_lake: Callable[[], ObjectStore]) -> None:
        self._ids = ids
        self._open_lake = open_lake
        self._lake: ObjectStore | None = None

    def record(self, feedback: Feedback) -> None:
        """Store an outcome; when this returns, it is durable.

        The same outcome may be reported again. Another one is refused: which of the two is right is
        nothing that a program can decide, and a training set must not change under a model.

        Raises
        ------
        UnknownPredictionError
            If the model never made such a prediction for this client.
        ConflictError
            If another outcome is stored for this prediction.
        UnavailableError
            If the lake did not take it.
        """
        day = self._ids.day_of(feedback.prediction_id, feedback.client)
        try:
            known = self._create_or_read(feedback, day)
        # Networks fail in many classes, and none of them says more to the caller than this does.
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
