"""Pairs the outcomes that were reported with the captured predictions that they belong to."""

from dataclasses import dataclass
from datetime import datetime

from modelfleet.captures.lake import read_captures
from modelfleet.captures.record import CapturedPrediction
from modelfleet.datasets.join_outcomes import LabelledRow
from modelfleet.outcomes.feedback import Feedback
from modelfleet.outcomes.reported import read_outcomes, reported
from modelfleet.spec.model import ModelSpec
from modelfleet.storage.ports import ObjectStore


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
