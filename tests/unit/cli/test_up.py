"""`fleet up` trains each model on its own rows, and one bad model does not stop the others."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from cli import up
from cli.datasets import first_dataset
from cli.datasets.samples import write_sample
from cli.local_cloud.layout import Layout
from cli.output.errors import FleetError
from cli.training.retraining import Execution
from modelfleet.adapters.object_store import memory_store
from modelfleet.catalogue import find
from modelfleet.datasets.store import DatasetStore
from modelfleet.release.finish import BLOCKED
from modelfleet.release.history import ReleaseRecord
from modelfleet.resource_names import Output
from modelfleet.retraining.state import RetrainingRequest
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.table_format import AS_FOUND
from tests.serving import NOW, put_pointer

MODELS, ROWS = ("bankchurn", "telecom"), 400
REASON = "no better than guessing: roc_auc 0.51"


class MemoryCloud:
    """A local cloud of buckets in memory, whose trainings end as they are told to."""

    def __init__(self) -> None:
        self.stores = {bucket: memory_store() for bucket in Output}
        self.trained: list[str] = []
        self.trained_without_data: list[list[str]] = []
        self.ends: dict[str, Execution] = {}

    @property
    def lake(self) -> ObjectStore:
        """The lake."""
        return self.stores[Output.LAKE_BUCKET]

    @property
    def artifacts(self) -> ObjectStore:
        """Pointers, bundles, and records."""
        return self.stores[Output.ARTIFACTS_BUCKET]

    def store(self, bucket: Output) -> ObjectStore:
        """One of the buckets."""
        return self.stores[bucket]

    def group_key(self) -> bytes:
        """The key that groups are hashed with."""
        return bytes(32)

    def run_all(
        self,
        _cloud: object,
        requests: list[RetrainingRequest],
        *,
        before: Callable[[str], None],
        **_: object,
    ) -> list[Execution]:
        """Train models: those that are not told otherwise are released."""
        return [self._run(request.model, before) for request in requests]

    def _run(self, model: str, before: Callable[[str], None]) -> Execution:
        self.trained_without_data.append([m for m in MODELS if not generated_or_own(self, m)])
        before(model)
        self.trained.append(model)
        end = self.ends.get(model) or Execution("arn", model, "SUCCEEDED", "Finish", {}, "")
        if end.succeeded and model not in self.ends:
            put_pointer(self.artifacts, model, "1")
        return end


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> MemoryCloud:
    """A local cloud that has just been deployed, with two models."""
    memory = MemoryCloud()
    monkeypatch.setattr(up, "names", lambda: MODELS)
    monkeypatch.setattr(up, "_start_and_deploy", lambda _layout: memory)
    monkeypatch.setattr(up, "run_all", memory.run_all)
    monkeypatch.setattr(up, "_wait_until_ready", lambda *_: None)
    few = partial(write_sample, rows=ROWS)
    monkeypatch.setattr("cli.datasets.samples.write_sample", few)
    return memory


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A home without a first data set."""
    return Layout(tmp_path / ".fleet")


def keep(layout: Layout, model: str, folder: Path, text: str | None = None) -> None:
    """Keep rows of a model as `fleet new` does; or any text."""
    table = write_sample(model, folder / f"{model}.csv", seed=1, rows=ROWS)
    if text is not None:
        table.write_text(text)
    with first_dataset.exclusive(layout):
        first_dataset.keep(layout, model, table, AS_FOUND)


def generated_or_own(cloud: MemoryCloud, model: str) -> bool:
    """Whether a model has rows."""
    return DatasetStore(find(model), cloud.lake).newest() is not None


def generated(cloud: MemoryCloud, model: str) -> bool:
    """Whether a model's newest rows are generated."""
    store = DatasetStore(find(model), cloud.lake)
    manifest = store.manifest(store.require())
    assert manifest is not None
    return manifest.generated


def ended(model: str, status: str, reason: str = "", **output: Any) -> Execution:
    """An execution that has ended."""
    return Execution("arn", model, status, "Evaluate", output, reason)


def blocked(cloud: MemoryCloud, model: str) -> None:
    """Let the gate block a model's first version."""
    cloud.ends[model] = ended(model, "FAILED", f"CandidateBlocked: {REASON}")


def test_a_model_can_be_called_while_others_are_in_training(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """As soon as one is released, the command to call it is printed."""
    details: list[str] = []
    shown = up._Shown(2, details.append)
    shown.load("bankchurn")
    folds = Execution("arn", "bankchurn", "RUNNING", "Train", {}, "", "linear, fold 2 of 5")
    for status, output in (("RUNNING", {}), ("SUCCEEDED", {"released": {"champion": "1"}})):
        shown.show(Execution("arn", "bankchurn", status, "Train", output, ""))
        shown.show(folds)
    shown.show(Execution("arn", "telecom", "FAILED", "Train", {}, ""))
    assert {*details} == {"bankchurn: linear, fold 2 of 5"}
    assert [line.strip() for line in capsys.readouterr().err.splitlines()] == [
        "bankchurn: load sample data",
        "bankchurn: Train",
        "bankchurn is serving (1 of 2); try it with `fleet predict bankchurn`",
        "telecom: FAILED",
    ]


def test_the_first_model_does_not_wait_for_the_rows_of_others(
    cloud: MemoryCloud, layout: Layout
) -> None:
    """Each model's rows are generated right before it is trained."""
    up.up(layout)
    assert cloud.trained_without_data == [["bankchurn", "telecom"], ["telecom"]]


def test_a_new_model_is_trained_on_its_own_rows(
    cloud: MemoryCloud, layout: Layout, tmp_path: Path
) -> None:
    """They are loaded in place of generated ones, once; other models are as before."""
    keep(layout, "telecom", tmp_path)
    fleet = up.up(layout)
    assert fleet.serving == MODELS
    assert not fleet.faults
    assert (generated(cloud, "telecom"), generated(cloud, "bankchurn")) == (False, True)
    assert first_dataset.find(layout, "telecom") is None
    assert up.up(layout).serving == MODELS
    assert cloud.trained == ["bankchurn", "telecom"]


def test_rows_of_a_new_model_are_trained_on_despite_an_old_champion(
    cloud: MemoryCloud, layout: Layout, tmp_path: Path
) -> None:
    """A removed model of the same name may have left one."""
    for model in MODELS:
        put_pointer(cloud.artifacts, model, "3")
    keep(layout, "telecom", tmp_path)
    assert not up.up(layout).faults
    assert cloud.trained == ["telecom"]


def test_rows_that_cannot_be_loaded_stop_their_model_only(
    cloud: MemoryCloud, layout: Layout, tmp_path: Path
) -> None:
    """It is not trained on generated rows instead, and its table stays for the next attempt."""
    keep(layout, "telecom", tmp_path, "calls\n1\n")
    fleet = up.up(layout)
    assert fleet.serving == ("bankchurn",)
    assert cloud.trained == ["bankchurn"]
    with pytest.raises(FleetError, match=r"telecom was not trained.*telecom\.csv: columns"):
        fleet.require_sound()
    assert first_dataset.find(layout, "telecom") is not None


def test_a_blocked_first_version_has_its_reason_and_a_remedy(
    cloud: MemoryCloud, layout: Layout, tmp_path: Path
) -> None:
    """The others serve; the message names the model, the reason, and what to do."""
    keep(layout, "telecom", tmp_path)
    blocked(cloud, "telecom")
    fleet = up.up(layout)
    assert fleet.serving == ("bankchurn",)
    (fault,) = fleet.faults
    assert fault.startswith("telecom does not serve, because the gate blocked its first version: ")
    assert REASON in fault
    assert "fleet data load telecom FILE" in fault
    assert "champion keeps serving" not in fault


def test_generated_rows_are_named_as_such(cloud: MemoryCloud, layout: Layout) -> None:
    """A model that has no rows of its own needs some."""
    blocked(cloud, "bankchurn")
    (fault,) = up.up(layout).faults
    assert "trained on generated rows" in fault
    assert "load its own rows with `fleet data load bankchurn FILE`" in fault


def test_the_reason_is_repeated_if_nothing_has_changed(cloud: MemoryCloud, layout: Layout) -> None:
    """An execution that finds the rows and code of a blocked one ends well, without a version."""
    record = ReleaseRecord(
        model="bankchurn", execution="e", written_at=NOW, by="x", outcome=BLOCKED, reasons=(REASON,)
    )
    cloud.artifacts.put(keys.release_record("bankchurn", "e"), record.to_json())
    unchanged = {"unchanged": "this code has already trained on data set version d1"}
    cloud.ends["bankchurn"] = ended("bankchurn", "SUCCEEDED", prepared=unchanged)
    (fault,) = up.up(layout).faults
    assert REASON in fault


def test_a_model_that_another_execution_trains(cloud: MemoryCloud, layout: Layout) -> None:
    """Its lock is held elsewhere; the message says to wait."""
    held = {"reason": "execution weekly-7 is changing bankchurn"}
    cloud.ends["bankchurn"] = ended("bankchurn", "SUCCEEDED", locked=held)
    (fault,) = up.up(layout).faults
    assert fault.startswith("bankchurn does not serve yet: execution weekly-7")


def test_every_failure_is_named(cloud: MemoryCloud, layout: Layout) -> None:
    """Not only the first; names with line breaks do not start a line of their own."""
    blocked(cloud, "telecom")
    cloud.ends["bankchurn"] = ended("bankchurn", "FAILED", "DatasetError: no rows")
    fleet = up.up(layout)
    assert fleet.serving == ()
    with pytest.raises(FleetError) as error:
        fleet.require_sound()
    assert "retraining bankchurn ended with status FAILED" in str(error.value)
    assert "telecom does not serve" in str(error.value)
