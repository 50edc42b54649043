"""A model that `fleet new` makes of a table, trained and served as its users would."""

import importlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from typer.testing import CliRunner, Result

from cli.app import app
from cli.training.local_training import LocalTraining, train_here
from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.catalogue import find
from modelfleet.datasets.manifest import Side
from modelfleet.datasets.rows_file import read_frame, to_parquet
from modelfleet.datasets.split import split, split_salt
from modelfleet.evaluation.scorer import Scores
from modelfleet.registry.manifest import MANIFEST_FILE, MODEL_FILE
from modelfleet.spec.model import ModelSpec
from modelfleet.storage import keys
from modelfleet.tables.model_columns import read_table
from modelfleet.tables.validate import Row, validate
from tests import tables
from tests.serving import Service, put_pointer
from tests.training import first_candidate_only

ROWS = 600


def run(*arguments: str) -> Result:
    """Type a command; what it cannot do is raised."""
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


@dataclass(frozen=True)
class MadeModel:
    """A table, and the folder that was written of it."""

    make: Callable[..., pd.DataFrame]
    name: str
    table: Path
    frame: pd.DataFrame
    told: Mapping[str, Any]

    @classmethod
    def of(cls, make: Callable[..., pd.DataFrame], folder: Path) -> "MadeModel":
        """Write a table and make a model of it, without being asked anything."""
        name, frame = make.__name__, make(ROWS)
        table = tables.write(frame, folder, name)
        target = tables.TARGETS[make]
        done = run("new", name, "--csv", str(table), "--target", target, "--yes", "--json")
        importlib.invalidate_caches()
        return cls(make, name, table, frame, json.loads(done.stdout))

    @property
    def spec(self) -> ModelSpec:
        """What was written."""
        return find(self.name)

    @property
    def left_out(self) -> dict[str, str]:
        """What the plan leaves out, and as what."""
        roles = {column["name"]: column["role"] for column in self.told["plan"]["columns"]}
        return {name: role for name, role in roles.items() if role not in ("feature", "target")}

    def sample(self, rows: int, seed: int = 7) -> list[dict[str, Any]]:
        """Generated rows."""
        source = importlib.import_module(f"models.{self.name}.sample")
        drawn: list[dict[str, Any]] = source.sample(rows, seed)
        return drawn

    def generated(self, rows: int, seed: int) -> tuple[Row, ...]:
        """Those that the schema lets in."""
        drawn = self.sample(rows, seed)
        known = ({name: row[name] for name in self.spec.data_columns} for row in drawn)
        return tuple(validate(self.spec, enumerate(known)).accepted)

    def features(self, row: Row) -> tuple[Any, ...]:
        """A row but for its outcome."""
        return tuple(row[name] for name in self.spec.feature_names)

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The table's rows as a data set holds them."""
        return self._read(self.table)

    def fresh(self, rows: int, folder: Path) -> tuple[Row, ...]:
        """Rows of the same kind that nobody has trained on."""
        return self._read(tables.write(self.make(rows, seed=99), folder, self.name))

    def _read(self, table: Path) -> tuple[Row, ...]:
        found = read_table(self.spec, table)
        values = zip(*found.columns.values(), strict=True)
        named = (dict(zip(found.columns, row, strict=True)) for row in values)
        return tuple(validate(self.spec, zip(found.lines, named, strict=True)).accepted)

    @property
    def training_rows(self) -> pd.DataFrame:
        """The rows that training learns from."""
        salt = split_salt(self.spec, self.rows)
        return self.typed(split(self.spec, self.rows, salt=salt)[Side.TRAIN])

    def typed(self, rows: Sequence[Row]) -> pd.DataFrame:
        """Rows as the training steps read them."""
        return read_frame(to_parquet(self.spec, rows))

    @cached_property
    def trained(self) -> LocalTraining:
        """A training on the table, with no cloud."""
        with first_candidate_only():
            return train_here(self.spec, self.table, self.table.parent / "bundle", generated=False)

    def answers(self, rows: Sequence[Row]) -> Scores:
        """What the bundle says of rows."""
        scorer = OnnxScorer((self.trained.folder / MODEL_FILE).read_bytes())
        return scorer.score(self.trained.manifest.encoding.encode(rows))

    def served(self) -> Service:
        """A predict function that serves the bundle."""
        service, done = Service(self.spec), self.trained
        place = keys.bundle(self.name, "1")
        manifest = done.manifest.model_copy(update={"version": "1"})
        for name in manifest.files:
            service.store.put(f"{place}/{name}", (done.folder / name).read_bytes())
        service.store.put(f"{place}/{MANIFEST_FILE}", manifest.model_dump_json().encode())
        put_pointer(service.store, self.name, "1")
        return service
