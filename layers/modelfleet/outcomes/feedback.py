"""What really happened after a prediction, as it is stored."""

from datetime import datetime

from modelfleet.spec.document import Document
from modelfleet.spec.errors import DatasetError


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
