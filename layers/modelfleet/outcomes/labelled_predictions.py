"""Joins reported outcomes to captured predictions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from modelfleet.captures.lake import read_captures
from modelfleet.captures.record import CapturedPrediction
from modelfleet.outcomes.client_share import UNKNOWN
from modelfleet.outcomes.loaded_file import Outcome
from modelfleet.outcomes.reported import reported
from modelfleet.spec.model import ModelSpec
from modelfleet.storage.object_store import ObjectStore


@dataclass(frozen=True)
class LabelledRow:
    """A prediction with a known outcome.

    Attributes
    ----------
    features
        The request's features, by column.
    actual
        The outcome, as files spell the target.
    prediction_id
        The prediction's ID, which identifies the row if it is joined again.
    predicted_at
        The time of the prediction; the row's time, if the model declares a time column.
    client
        ID of the API key that requested the prediction and reported the outcome.
    """

    features: Mapping[str, Any]
    actual: Any
    prediction_id: str
    predicted_at: datetime
    client: str = UNKNOWN


@dataclass(frozen=True)
class LabelledPredictions:
    """Predictions of a window with known outcomes, in the order in which the outcomes arrived.

    `unmatched` is the number of outcomes of the window's days without a prediction in the window:
    it was made a few hours earlier, not captured due to the model's capture share, or has not
    reached the lake yet.
    """

    rows: tuple[LabelledRow, ...]
    unmatched: int


def labelled_predictions(
    spec: ModelSpec, lake: ObjectStore, start: datetime, end: datetime
) -> LabelledPredictions:
    """Join a model's predictions from `start` to before `end` with their outcomes.

    Raises
    ------
    DatasetError
        If an object in the model's feedback is not a valid outcome.
    """
    known = reported(lake, spec.name, start, end)
    if not known:
        return LabelledPredictions((), 0)
    asked = {
        capture.prediction_id: capture
        for capture in read_captures(lake, spec.name, start, end)
        if capture.prediction_id in known
    }
    outcomes = known.read(asked)
    arrived = sorted(outcomes, key=lambda outcome: outcome.received_at)
    rows = tuple(_row(asked[outcome.prediction_id], outcome) for outcome in arrived)
    return LabelledPredictions(rows, len(known) - len(rows))


def _row(capture: CapturedPrediction, outcome: Outcome) -> LabelledRow:
    return LabelledRow(
        features=capture.features,
        actual=outcome.actual,
        prediction_id=capture.prediction_id,
        predicted_at=capture.timestamp,
        client=capture.client,
    )
