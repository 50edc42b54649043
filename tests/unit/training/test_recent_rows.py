"""A retraining that a finding has started: what it learns from, and on whom it is judged."""

import uuid
from datetime import UTC, datetime, timedelta
from importlib import import_module
from itertools import count
from typing import Any

import pytest

from modelfleet.adapters.object_store import memory_store
from modelfleet.adapters.onnx_export import OnnxExporter
from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.captures.record import CapturedPrediction, write_capture
from modelfleet.catalogue import find
from modelfleet.datasets.manifest import Side
from modelfleet.datasets.publish import Source, publish
from modelfleet.datasets.split import side_of
from modelfleet.datasets.store import DatasetStore
from modelfleet.evaluation import gate
from modelfleet.evaluation.gate import Decision
from modelfleet.outcomes.report import Feedback
from modelfleet.registry.bundle_store import read_bundle
from modelfleet.registry.manifest import REPLAY_FILE, Replay
from modelfleet.retraining.state import RetrainingState, Trigger
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.validate import Row, validate
from modelfleet.training.evaluate import evaluate
from modelfleet.training.prepare import prepare
from modelfleet.training.recent_rows import RECENT_DAYS, join_recent, recent_rows
from modelfleet.training.staging import candidate_folder
from modelfleet.training.train import train
from tests.training import SECONDS, MemoryRegistry, released

SPEC = find("bankchurn")
NOW = datetime(2026, 2, 3, 2, tzinfo=UTC)
ROWS = 1_500
# The callers are twenty years older, and leave as people twelve years younger used to.
MOVED: dict[str, Any] = {"shift": {"Age": 20}, "concept": {"Age": -12}}


def drawn(rows: int, seed: int, **moved: Any) -> tuple[Row, ...]:
    """Customers, validated."""
    sampled = import_module("models.bankchurn.sample").sample(rows, seed, **moved)
    chosen = [{name: row[name] for name in SPEC.data_columns} for row in sampled]
    return tuple(validate(SPEC, enumerate(chosen)).accepted)


class World:
    """Both buckets with a loaded data set, and callers who report."""

    def __init__(self) -> None:
        self.lake: ObjectStore = memory_store()
        self.artifacts: ObjectStore = memory_store()
        self.registry = MemoryRegistry()
        self._executions = count(1)
        self._load(drawn(ROWS, 1))

    def _load(self, rows: tuple[Row, ...]) -> None:
        store = DatasetStore(SPEC, self.lake)
        found = validate(SPEC, enumerate(rows))
        source = Source(name="sample.csv", columns=SPEC.data_columns, generated=False)
        publish(store, found, source, "ada", NOW)

    def call(self, rows: tuple[Row, ...], at: datetime) -> None:
        """Predict and report."""
        lines = []
        for row in rows:
            name = str(uuid.uuid4())
            lines.append(
                write_capture(
                    CapturedPrediction(
                        prediction_id=name,
                        request_id="r",
                        timestamp=at,
                        model=SPEC.name,
                        version="1",
                        variant="champion",
                        latency_ms=1.0,
                        features={n: row[n] for n in SPEC.feature_names},
                        output={"probability": 0.5},
                    )
                )
            )
            outcome = Feedback(
                prediction_id=name,
                model=SPEC.name,
                actual=row[SPEC.target.column],
                received_at=NOW,
                request_id="r",
            )
            key = keys.feedback(SPEC.name, at.date().isoformat(), name)
            self.lake.put(key, outcome.model_dump_json().encode())
        folder = keys.captures(SPEC.name, at.date().isoformat())
        self.lake.put(f"{folder}/{uuid.uuid4()}.jsonl", "".join(lines).encode())

    def prepared(self, trigger: Trigger) -> RetrainingState:
        """The machine's data after its first step."""
        state = RetrainingState(
            model=SPEC.name, execution=f"run-{next(self._executions)}", trigger=trigger
        )
        joined = join_recent(SPEC, state, self.lake, NOW)
        done = prepare(SPEC, state, self.lake, self.artifacts, joined)
        return state.model_copy(update={"prepared": done})

    def judged(self, trigger: Trigger) -> RetrainingState:
        """The machine's data after the gate."""
        state, parts = self.prepared(trigger), (OnnxExporter(), OnnxScorer)
        trained = train(SPEC, state, self.artifacts, self.registry, *parts, NOW, seconds=SECONDS)
        state = state.model_copy(update={"trained": trained})
        found = evaluate(SPEC, state, self.artifacts, self.registry, OnnxScorer)
        return state.model_copy(update={"evaluated": found})

    @property
    def versions(self) -> int:
        """How many data set versions there are."""
        return len(DatasetStore(SPEC, self.lake).versions())


@pytest.fixture(scope="module")
def served() -> World:
    """A world in which a model of the loaded rows serves."""
    world = World()
    state = world.judged(Trigger.MANUAL)
    released(world.artifacts, world.registry, state)
    return world


@pytest.fixture
def world() -> World:
    """A world in which nothing serves."""
    return World()


@pytest.mark.parametrize("trigger", [Trigger.MANUAL, Trigger.SCHEDULE, Trigger.DATA])
def test_every_retraining_joins_what_was_reported(
    world: World, trigger: Trigger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also months after the prediction, and once; without drift, no recent rows are compared."""
    monkeypatch.setattr("modelfleet.training.recent_rows.LEAST_LOADED", ROWS)
    world.call(drawn(150, 2), NOW - timedelta(days=1))
    world.call(drawn(50, 3), NOW - timedelta(days=80))
    state = world.prepared(trigger)
    assert state.prepared is not None
    assert sum(state.prepared.rows.values()) == ROWS + 200
    assert state.prepared.recent == 0
    assert world.prepared(trigger).prepared == state.prepared
    assert world.versions == 2


@pytest.mark.parametrize("trigger", [Trigger.MANUAL, Trigger.SCHEDULE, Trigger.DATA])
def test_few_loaded_rows_are_trained_on_alone(world: World, trigger: Trigger) -> None:
    """Otherwise the gate would block every later retraining, for want of evidence."""
    world.call(drawn(50, 2), NOW - timedelta(days=1))
    state = world.prepared(trigger)
    assert state.prepared is not None
    assert world.versions == 1
    assert sum(state.prepared.rows.values()) == ROWS
    assert any("50 reported outcomes left out" in each for each in state.prepared.warnings)


@pytest.mark.parametrize("trigger", [Trigger.DRIFT, Trigger.PERFORMANCE])
def test_a_finding_joins_what_callers_reported(world: World, trigger: Trigger) -> None:
    """Labelled predictions of the last days become training and test rows, once."""
    world.call(drawn(700, 2), NOW - timedelta(days=1))
    world.call(drawn(40, 3), NOW - timedelta(days=RECENT_DAYS + 1))
    state = world.prepared(trigger)
    assert state.prepared is not None
    assert sum(state.prepared.rows.values()) == ROWS + 740
    recent = recent_rows(world.artifacts, state)
    assert recent is not None
    assert len(recent) == state.prepared.recent
    assert 100 <= len(recent) <= 180  # a fifth of them, within chance
    assert tuple(recent.columns) == (*SPEC.feature_names, SPEC.target.column)
    again = world.prepared(trigger)
    assert again.prepared == state.prepared
    assert world.versions == 2


def test_too_few_are_learned_from_and_not_judged_on(world: World) -> None:
    """A handful of test rows would decide by chance."""
    world.call(drawn(100, 2), NOW - timedelta(days=1))
    state = world.prepared(Trigger.DRIFT)
    assert state.prepared is not None
    assert sum(state.prepared.rows.values()) == ROWS + 100
    assert state.prepared.recent == 0
    assert recent_rows(world.artifacts, state) is None


@pytest.mark.no_cover
def test_callers_have_no_say_in_the_threshold(world: World) -> None:
    """However many of the training rows are theirs, those that were loaded choose it."""
    # Anybody can tell on which side a row will be: these all choose, and none is learned from.
    chosen = [row for row in drawn(6_000, 5) if side_of(SPEC, row) is Side.VALIDATION]
    world.call(tuple(row | {SPEC.target.column: 1.0} for row in chosen), NOW - timedelta(days=1))
    state = world.prepared(Trigger.DRIFT)
    parts = (OnnxExporter(), OnnxScorer)
    train(SPEC, state, world.artifacts, world.registry, *parts, NOW, seconds=SECONDS)
    choice = read_bundle(world.artifacts, candidate_folder(state)).manifest.threshold_choice
    assert state.prepared is not None
    assert state.prepared.deciding is not None
    assert choice is not None
    learned = sum(state.prepared.rows[side] for side in (Side.TRAIN, Side.VALIDATION))
    assert learned == state.prepared.deciding + len(chosen)
    assert choice.rows == state.prepared.deciding
    assert 0.0 < choice.called_share < 0.5, "not everybody is called positive"


def test_without_outcomes_nothing_is_new(world: World) -> None:
    """Drift alone teaches nothing: the version stays the one that was trained on."""
    state = world.prepared(Trigger.DRIFT)
    assert world.versions == 1
    assert state.prepared is not None
    assert state.prepared.recent == 0


@pytest.mark.no_cover  # other tests cover the lines of a training
def test_who_is_better_for_todays_callers_is_promoted(
    served: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Judged on recent rows, a candidate of them replaces a champion that knows them badly.

    The comparison on all test rows, most of which are of before, is on record and decides nothing.
    A release tries the version on recent rows too, because the next callers are like these. On
    the rows that were loaded it is no worse, and the reason says so.
    """
    # Three hundred held-out rows rule out hardly any loss: here callers alone are to decide.
    monkeypatch.setattr(gate, "LOADED_PART", 10.0)
    monkeypatch.setattr(gate, "LOADED_BRIER_PART", 10.0)
    served.call(drawn(1_500, 5, **MOVED), NOW - timedelta(days=1))
    state = served.judged(Trigger.DRIFT)
    assert state.prepared is not None
    assert state.evaluated is not None
    verdict, comparison = state.evaluated.verdict, state.evaluated.comparison
    assert verdict.decision is Decision.PROMOTE
    assert comparison is not None
    assert comparison.rows == state.prepared.recent
    assert comparison.overall is not None
    told, record, loaded = verdict.reasons
    assert f"the same {comparison.rows} rows of predictions from the last 30 days" in told
    assert record.startswith("on all test rows: ROC AUC")
    assert "on all test rows" in record
    assert f"on {state.prepared.loaded} held-out rows that are not feedback" in loaded
    replay = Replay.parse(served.artifacts.get(f"{candidate_folder(state)}/{REPLAY_FILE}").content)
    recent = recent_rows(served.artifacts, state)
    assert recent is not None
    assert {row["EstimatedSalary"] for row in replay.rows} <= set(recent["EstimatedSalary"])


@pytest.mark.no_cover
def test_few_loaded_rows_leave_it_to_a_person(served: World) -> None:
    """So few cannot rule out that what callers report makes the model worse for everybody else."""
    served.lake = memory_store()
    served._load(drawn(ROWS, 1))
    served.call(drawn(1_500, 5, **MOVED), NOW - timedelta(days=1))
    state = served.judged(Trigger.DRIFT)
    assert state.evaluated is not None
    assert state.evaluated.verdict.decision is Decision.BLOCK
    assert "no caller influences" in state.evaluated.verdict.reasons[0]


@pytest.mark.no_cover
def test_who_is_no_better_for_them_is_kept(served: World) -> None:
    """Where a finding is of no consequence, the champion stays: newer alone is no proof."""
    served.lake = memory_store()
    served._load(drawn(ROWS, 1))  # the world's own rows, without the callers
    served.call(drawn(600, 6), NOW - timedelta(days=1))
    state = served.judged(Trigger.DRIFT)
    assert state.evaluated is not None
    assert state.evaluated.verdict.decision is not Decision.PROMOTE
    assert "predictions from the last 30 days" in state.evaluated.verdict.reasons[0]
