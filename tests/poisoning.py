"""Callers who report, honestly or not, before a champion: does a worse model get past the gate?

`python -m tests.poisoning bankchurn --seeds 3` prints a line for each retraining; decision 29 has
the figures of all of them.
"""

import argparse
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from importlib import import_module
from itertools import count
from typing import Any

from modelfleet.adapters.object_store import memory_store
from modelfleet.adapters.onnx_export import OnnxExporter
from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.captures.record import CapturedPrediction, write_capture
from modelfleet.catalogue import find
from modelfleet.datasets.publish import Source, publish
from modelfleet.datasets.rows_file import read_frame, to_parquet
from modelfleet.datasets.store import DatasetStore
from modelfleet.evaluation.compare import compare
from modelfleet.outcomes.report import Feedback
from modelfleet.registry.answers import answers
from modelfleet.registry.bundle_store import read_bundle
from modelfleet.retraining.state import RetrainingState, Trigger
from modelfleet.spec.model import ModelSpec, Task
from modelfleet.statistics.results import PairedTest
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.validate import Row, validate
from modelfleet.training.evaluate import evaluate
from modelfleet.training.prepare import prepare
from modelfleet.training.recent_rows import join_recent
from modelfleet.training.staging import candidate_folder
from modelfleet.training.train import train
from tests.training import SECONDS, MemoryRegistry, released

NOW = datetime(2026, 2, 3, 2, tzinfo=UTC)
# As in the attack that was found: half of a thousand outcomes are turned round, in one group.
CALLS, FLIPPED = 1_000, 500
_FRESH = 20_000

Is = Callable[[Any], bool]


class Reporting:
    """A model that serves what it learned from loaded rows, and callers who report outcomes."""

    def __init__(self, spec: ModelSpec, rows: int, seed: int = 1) -> None:
        self.spec = spec
        self.artifacts: ObjectStore = memory_store()
        self.registry = MemoryRegistry()
        self._executions = count(1)
        self._rows = self.drawn(rows, seed)
        self.forget()
        released(self.artifacts, self.registry, self.judged(Trigger.MANUAL))

    def drawn(self, rows: int, seed: int, **moved: Any) -> tuple[Row, ...]:
        """Rows of the model's population, or of one that has moved."""
        sampled = import_module(f"models.{self.spec.name}.sample").sample(rows, seed, **moved)
        chosen = ({name: row[name] for name in self.spec.data_columns} for row in sampled)
        return tuple(validate(self.spec, enumerate(chosen)).accepted)

    def poisoned(self, column: str, is_in: Is, seed: int) -> tuple[Row, ...]:
        """A thousand calls, of which half are of one group and reported wrongly."""
        rows = self.drawn(_FRESH, seed)
        group = [row for row in rows if row[column] is not None and is_in(row[column])]
        others = [row for row in rows if row[column] is not None and not is_in(row[column])]
        spoiled = [row | self._spoiled(row) for row in group[:FLIPPED]]
        return (*spoiled, *others[: CALLS - len(spoiled)])

    def forget(self) -> None:
        """Start over with the loaded rows; the champion stays."""
        self.lake: ObjectStore = memory_store()
        source = Source(name="sample.csv", columns=self.spec.data_columns, generated=False)
        publish(DatasetStore(self.spec, self.lake), validated(self), source, "ada", NOW)

    def call(self, rows: Sequence[Row], client: str = "k1") -> None:
        """Predict, and report what the rows say."""
        at = NOW - timedelta(days=1)
        day = at.date().isoformat()
        lines = []
        for row in rows:
            name = str(uuid.uuid4())
            lines.append(write_capture(self._capture(name, row, at, client)))
            outcome = Feedback(
                prediction_id=name,
                model=self.spec.name,
                actual=row[self.spec.target.column],
                received_at=NOW,
                request_id="r",
                client=client,
            )
            key = keys.feedback(self.spec.name, day, name)
            self.lake.put(key, outcome.model_dump_json().encode())
        folder = keys.captures(self.spec.name, day)
        self.lake.put(f"{folder}/{uuid.uuid4()}.jsonl", "".join(lines).encode())

    def judged(self, trigger: Trigger = Trigger.DRIFT, *, force: bool = False) -> RetrainingState:
        """The machine's data after the gate."""
        name, execution = self.spec.name, f"run-{next(self._executions)}"
        state = RetrainingState(model=name, execution=execution, trigger=trigger, force=force)
        joined = join_recent(self.spec, state, self.lake, NOW)
        done = prepare(self.spec, state, self.lake, self.artifacts, joined)
        state = state.model_copy(update={"prepared": done})
        parts = (self.artifacts, self.registry, OnnxExporter(), OnnxScorer, NOW)
        state = state.model_copy(
            update={"trained": train(self.spec, state, *parts, seconds=SECONDS)}
        )
        return self.evaluated(state)

    def evaluated(self, state: RetrainingState, *, force: bool = False) -> RetrainingState:
        """Judge what is trained, once more where a person insists."""
        asked = state.model_copy(update={"force": force or state.force})
        found = evaluate(self.spec, asked, self.artifacts, self.registry, OnnxScorer)
        return asked.model_copy(update={"evaluated": found})

    def truth(self, state: RetrainingState) -> PairedTest:
        """The candidate against the champion on many rows that nobody has seen."""
        rows = read_frame(to_parquet(self.spec, self.drawn(_FRESH, 999)))
        bundles = (candidate_folder(state), keys.bundle(self.spec.name, "1"))
        mine, theirs = (
            answers(read_bundle(self.artifacts, folder), OnnxScorer, rows) for folder in bundles
        )
        return compare(self.spec, rows, mine, theirs).primary

    def _capture(self, name: str, row: Row, at: datetime, client: str) -> CapturedPrediction:
        return CapturedPrediction(
            prediction_id=name,
            request_id="r",
            timestamp=at,
            model=self.spec.name,
            version="1",
            variant="champion",
            latency_ms=1.0,
            features={each: row[each] for each in self.spec.feature_names},
            output={"probability": 0.5},
            client=client,
        )

    def _spoiled(self, row: Row) -> Row:
        target = self.spec.target
        value = row[target.column]
        if self.spec.task is Task.REGRESSION:
            return {target.column: max(value / 2.0, target.minimum or 0.0)}
        return {target.column: 1.0 - value}


def validated(reporting: Reporting) -> Any:
    """The loaded rows as a data set version takes them."""
    return validate(reporting.spec, enumerate(reporting._rows))


ATTACKS: Mapping[str, Mapping[str, tuple[str, Is]]] = {
    "bankchurn": {
        "Germany": ("Geography", lambda value: value == "Germany"),
        "older than 50": ("Age", lambda value: value > 50),
        "inactive": ("IsActiveMember", lambda value: value == 0),
    },
    "leads": {
        "older than 40": ("age", lambda value: value > 40),
        "management": ("job", lambda value: value in ("management", "technician", "admin.")),
    },
    "carvision": {
        "not gas": ("fuel", lambda value: value != "gas"),
        "newer than 2014": ("model_year", lambda value: value > 2014),
    },
}
HONEST: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "bankchurn": {
        "as ever": {},
        "older": {"shift": {"Age": 12}},
        "older, who leave as younger ones did": {"shift": {"Age": 12}, "concept": {"Age": -12}},
        "older, who leave earlier": {"shift": {"Age": 12}, "concept": {"Age": 8}},
    },
    "leads": {"as ever": {}},
    "carvision": {"as ever": {}},
}


def main() -> None:
    """Print what the gate makes of every attack, and of every honest change."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", choices=sorted(ATTACKS))
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--seeds", type=int, default=3)
    asked = parser.parse_args()
    for seed in range(asked.seeds):
        reporting = Reporting(find(asked.model), asked.rows, 100 + seed)
        for name, (column, is_in) in ATTACKS[asked.model].items():
            _tried(reporting, f"poisoned: {name}", reporting.poisoned(column, is_in, 1_000 + seed))
        for name, moved in HONEST[asked.model].items():
            _tried(reporting, f"honest: {name}", reporting.drawn(2_000, 1_000 + seed, **moved))


def _tried(reporting: Reporting, name: str, calls: Sequence[Row]) -> None:
    reporting.forget()
    reporting.call(calls)
    state = reporting.judged()
    if state.evaluated is None:
        raise AssertionError("nothing was judged")
    verdict, truth = state.evaluated.verdict, reporting.truth(state)
    told = {"calls": name, "decision": verdict.decision, "truly": round(truth.difference, 5)}
    print(json.dumps(told | {"reasons": verdict.reasons}), flush=True)  # noqa: T201  the answer


if __name__ == "__main__":
    main()
