"""What holds of every model's data as files that people really have."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from modelfleet.adapters.object_store import memory_store
from modelfleet.catalogue import find, names
from modelfleet.datasets.load import load
from modelfleet.datasets.manifest import ROWS_FILE, Side
from modelfleet.datasets.rows_file import read_frame
from modelfleet.retraining.state import RetrainingState
from modelfleet.sampling.samplers import sampler
from modelfleet.spec.errors import DatasetError
from modelfleet.spec.features import GROUP
from modelfleet.spec.model import ModelSpec
from modelfleet.storage import keys
from modelfleet.training.loaded_rows import LEARNED
from modelfleet.training.prepare import prepare
from tests.fleet.beside import GRADED

ROWS = 2_000
# With many classes it takes more rows to have enough of each on each side.
CLASSES = 3
NOW = datetime(2026, 1, 2, tzinfo=UTC)


def key() -> bytes:
    """A secret for models with a group."""
    return b"a secret"


@pytest.fixture(params=[*names(), GRADED])
def spec(request: pytest.FixtureRequest) -> ModelSpec:
    """Each model."""
    return find(request.param)


@pytest.fixture
def frame(spec: ModelSpec) -> pd.DataFrame:
    """A draw of each model, as a data frame holds it: gaps turn whole numbers into 7.0."""
    count = ROWS * (1 + len(spec.classes) // CLASSES)
    return pd.DataFrame(sampler(spec).draw(count, 5))


def test_a_file_from_a_data_frame_becomes_splits(
    spec: ModelSpec, frame: pd.DataFrame, tmp_path: Path
) -> None:
    """With an index column, semicolons and 2011.0 for 2011, every row still finds its side."""
    path = tmp_path / "data.csv"
    frame.to_csv(path, sep=";", na_rep="NaN")
    lake, artifacts = memory_store(), memory_store()
    manifest = load(spec, path, lake, "ada", NOW, group_key=key)
    assert manifest.rows + manifest.quarantined == len(frame)
    assert manifest.rows > 0.95 * len(frame)
    assert manifest.unused == ("(unnamed)",)
    prepared = prepare(spec, RetrainingState(model=spec.name, execution="run"), lake, artifacts)
    assert sum(prepared.rows.values()) == manifest.rows
    columns = [*(column.name for column in spec.features.columns()), spec.target.column]
    for side in Side:
        staged = artifacts.get(f"{keys.staging(spec.name, 'run')}/{side.file}").content
        # Folds follow the time and the group, intervals the group.
        time = [spec.time.column] if spec.time and side in LEARNED else []
        group = [GROUP] if spec.group else []
        assert list(read_frame(staged).columns) == [*columns, *time, *group]


def test_columns_that_are_set_aside_may_be_absent(
    spec: ModelSpec, frame: pd.DataFrame, tmp_path: Path
) -> None:
    """The version is the same with identifiers and leaks in the file and without them."""
    lake = memory_store()
    whole, bare = tmp_path / "whole.csv", tmp_path / "bare.csv"
    aside = [*spec.identifiers, *spec.known_afterwards, *spec.ignored]
    frame.to_csv(whole, index=False)
    frame.drop(columns=aside).to_csv(bare, index=False)
    first = load(spec, whole, lake, "ada", NOW, group_key=key)
    assert load(spec, bare, lake, "ada", NOW, group_key=key).version == first.version
    stored = lake.get(f"{keys.dataset(spec.name, first.version)}/{ROWS_FILE}").content
    assert set(read_frame(stored).columns).isdisjoint(aside)


def test_a_file_without_one_feature_is_refused_by_name(
    spec: ModelSpec, frame: pd.DataFrame, tmp_path: Path
) -> None:
    """Each column of the model is needed, target and time too, and is named where it is missing."""
    path = tmp_path / "data.csv"
    for name in spec.data_columns:
        frame.head(3).drop(columns=name).to_csv(path, index=False)
        with pytest.raises(
            DatasetError, match=rf"^data\.csv: column {re.escape(name)} is missing$"
        ):
            load(spec, path, memory_store(), "ada", NOW, group_key=key)
