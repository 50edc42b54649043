"""Joins reported outcomes to captured predictions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from modelfleet.captures.lake import read_captures
from modelfleet.captures.record import CapturedPrediction
from modelfleet.outcomes.client_share import UNKNOWN
from modelfleet.outcomes.report import Feedback
from modelfleet.outcomes.reported import read_outcomes, reported
from modelfleet.spec.model import ModelSpec
from modelfleet.storage.object_store import ObjectStore


@dataclass(frozen=True)
class LabelledRow:
    """A prediction whose outcome is known.

    Attributes
    ----------
    features
        What was asked, by column.
    actual
        The outcome, spelled as files spell the target.
    prediction_id
        Of the answer; it makes the row one of its own, and the same one when it comes again.
    predicted_at
        When it was asked; the row's time, where the model declares one.
    client
        Whose API key asked and reported, by the key's id.
    """

    features: Mapping[str, Any]
    actual: Any
    prediction_id: str
    predicted_at: datetime
    client: str = UNKNOWN


@dataclass(frozen=True)
class LabelledPredictions:
    """Predictions of a window whose outcome is known, in the order of their outcomes' arrival.

    `unmatched` counts outcomes of the window's days without a prediction in it: it was made a few
    hours earlier, was left out by the model's sampling share, or is still on its way to the lake.
    """

    rows: tuple[LabelledRow, ...]
    unmatched: int


def labelled_predictions(
    spec: ModelSpec, lake: ObjectStore, start: datetime, end: datetime
) -> LabelledPredictions:
    """Read what a model predicted from `start` to before `end` and what came of it.

    Raises
    ------
    DatasetError
        If an object below the model's feedback is none.
    """
    known = reported(lake, spec.name, start, end)
    if not known:
        return LabelledPredictions((), 0)
    asked = {
        capture.prediction_id: capture
        for capture in read_captures(lake, spec.name, start, end)
        if capture.prediction_id in known
    }
    outcomes = read_outcomes(lake, [known[name] for name in asked])
    arrived = sorted(outcomes, key=lambda outcome: outcome.received_at)
    rows = tuple(_row(asked[outcome.prediction_id], outcome) for outcome in arrived)
    return LabelledPredictions(rows, len(known) - len(rows))


def _row(capture: CapturedPrediction, outcome: Feedback) -> LabelledRow:
    return LabelledRow(
        features=capture.features,
        actual=outcome.actual,
        prediction_id=capture.prediction_id,
        predicted_at=capture.timestamp,
        client=capture.client,
    )
