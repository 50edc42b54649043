"""What really happened after a prediction, as it is stored."""

from datetime import datetime

from pydantic import ValidationError

from modelfleet.spec.document import Frozen
from modelfleet.spec.errors import DatasetError


class Feedback(Frozen, extra="ignore"):
    """One prediction's outcome; the first that was reported for it stays.

    `actual` is 0 or 1 for a decision, the name of one of more than two classes, and the target's
    value for a regression. `client` is whose API key reported it, by the key's id: the same that
    the prediction was made for. It is empty where no key was asked for.
    """

    prediction_id: str
    model: str
    actual: float | str
    received_at: datetime
    request_id: str
    client: str = ""


def read_feedback(content: bytes) -> Feedback:
    """Parse a stored outcome.

    Raises
    ------
    DatasetError
        If it is none.
    """
    try:
        return Feedback.model_validate_json(content)
    except ValidationError as error:
        raise DatasetError(f"not a stored feedback: {error.error_count()} faults") from error
