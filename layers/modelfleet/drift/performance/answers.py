"""A window's predictions with their outcomes, as far as performance is measured on them."""

from array import array
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelfleet.captures.lake import read_captures
from modelfleet.captures.record import CapturedPrediction
from modelfleet.captures.window import Window
from modelfleet.outcomes.client_share import are_several, beyond_half
from modelfleet.outcomes.reported import ReportedOutcomes, reported
from modelfleet.serving.answers import is_valid
from modelfleet.serving.tasks.by_task import ANSWERS
from modelfleet.spec.model import ModelSpec
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.target import class_indices

Values = NDArray[np.float64]


@dataclass
class Answers:
    """Outputs of one version on one day, in the order of the lake.

    `scores` are probabilities or values, or for multiclass models arrays of one probability per
    class. `ends` are the ends of a value's interval, or the threshold twice for binary models.
    `columns` are values of the features that were asked for.
    """

    ids: list[str] = field(default_factory=list)
    scores: "list[float | array[float]]" = field(default_factory=list)
    ends: list[tuple[float, float]] = field(default_factory=list)
    columns: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))

    def add(self, spec: ModelSpec, capture: CapturedPrediction, columns: Sequence[str]) -> None:
        """Add a valid output."""
        self.ids.append(capture.prediction_id)
        answers = ANSWERS[spec.task]
        self.scores.append(answers.predicted(capture.output, spec.classes))
        self.ends.append(answers.ends(capture.output))
        for name in columns:
            self.columns[name].append(capture.features.get(name))

    def extend(self, other: "Answers") -> None:
        """Add another day's outputs."""
        self.ids += other.ids
        self.scores += other.scores
        self.ends += other.ends
        for name, values in other.columns.items():
            self.columns[name] += values


@dataclass(frozen=True)
class Judged:
    """Outputs as arrays, and the outcomes of those that have one.

    `labelled` are the places of the outputs with an outcome, and `y` their outcomes as models learn
    them, both of shape (labels,).
    """

    scores: Values
    ends: Values
    labelled: NDArray[np.intp]
    y: Values

    @classmethod
    def of(cls, spec: ModelSpec, answers: Answers, actual: Mapping[str, float | str]) -> "Judged":
        """Join outputs with their outcomes, except those that are no current class of the model."""
        rows = [row for row, name in enumerate(answers.ids) if _known(spec, actual.get(name))]
        return cls(
            scores=np.array(answers.scores, dtype=np.float64),
            ends=np.array(answers.ends),
            labelled=np.array(rows, dtype=np.intp),
            y=class_indices(spec, np.array([actual[answers.ids[row]] for row in rows])),
        )


@dataclass(frozen=True)
class WindowAnswers:
    """Valid outputs of a window by day and version, and their outcomes by prediction ID.

    `excess` are the outcomes by which one of several clients exceeds half of all. `unmatched` is
    the number of outcomes without a prediction in the window.
    """

    window: Window
    read_at: datetime
    seen: Mapping[tuple[date, str], Answers]
    actual: Mapping[str, float | str]
    excess: frozenset[str]
    unmatched: int

    def by_version(self) -> Mapping[str, Answers]:
        """Return the outputs of the whole window, by version."""
        whole: dict[str, Answers] = defaultdict(Answers)
        for (_, version), answers in sorted(self.seen.items(), key=lambda each: each[0]):
            whole[version].extend(answers)
        return whole

    @property
    def capped(self) -> Mapping[str, float | str]:
        """The outcomes without the excess of one client."""
        return {name: value for name, value in self.actual.items() if name not in self.excess}


def read_answers(
    spec: ModelSpec,
    lake: ObjectStore,
    *,
    window: Window,
    now: datetime,
    columns: Sequence[str] = (),
) -> WindowAnswers:
    """Read a window's predictions and their outcomes.

    Duplicate predictions and repeated outcomes count once. Invalid outputs are ignored.

    Parameters
    ----------
    spec
        The model.
    lake
        The bucket with predictions and outcomes.
    window
        Window of the predictions; their outcomes may have been reported later.
    now
        The time until which outcomes count.
    columns
        Features to read with the outputs.

    Raises
    ------
    DatasetError
        If an object among the outcomes is not a valid outcome.
    """
    known = reported(lake, spec.name, window.start, window.end, until=now)
    seen, clients, several = _read(spec, lake, window, known, columns)
    actual = {each.prediction_id: each.actual for each in known.read(clients)}
    excess = beyond_half(clients) if several else frozenset()
    return WindowAnswers(
        window, now, seen, actual, frozenset(excess), unmatched=len(known) - len(actual)
    )


def _read(
    spec: ModelSpec,
    lake: ObjectStore,
    window: Window,
    known: ReportedOutcomes,
    columns: Sequence[str],
) -> tuple[Mapping[tuple[date, str], Answers], Mapping[str, str], bool]:
    """Read the valid outputs, the clients of those with outcomes, and whether there are several."""
    clients: dict[str, str] = {}
    callers: set[str] = set()
    seen: dict[tuple[date, str], Answers] = defaultdict(Answers)
    for capture in read_captures(lake, spec.name, window.start, window.end):
        if is_valid(spec, capture.output):
            day = capture.timestamp.astimezone(UTC).date()
            seen[day, capture.version].add(spec, capture, columns)
            callers.add(capture.client)
            if capture.prediction_id in known:
                clients[capture.prediction_id] = capture.client
    return seen, clients, are_several(callers)


def _known(spec: ModelSpec, actual: float | str | None) -> bool:
    """Return whether an outcome is one of the model's current classes."""
    return actual is not None and (not spec.classes or actual in spec.classes)
