"""Columns that give the answer away are refused, whichever way they come in."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pydantic import ValidationError

from modelfleet.adapters.object_store import memory_store
from modelfleet.catalogue import find, names
from modelfleet.datasets.data_report import DataReport, Status
from modelfleet.datasets.load import load
from modelfleet.datasets.store import DatasetStore
from modelfleet.retraining.state import RetrainingState
from modelfleet.sampling.samplers import sampler
from modelfleet.spec.errors import DatasetError
from modelfleet.spec.features import number
from modelfleet.spec.model import ModelSpec
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
from modelfleet.training.prepare import prepare
from tests.fleet.beside import GRADED

NOW = datetime(2026, 1, 2, tzinfo=UTC)
# No table of anybody's has such a column.
COPY = "a copy of the outcome, of the tests alone"
LEAKS = [("leads", "duration"), ("carvision", "days_listed")]


def key() -> bytes:
    """A secret for models with a group."""
    return b"a secret"


def with_feature(spec: ModelSpec, name: str, **changes: Any) -> ModelSpec:
    """The model with one numeric column more, read as its folder would be."""
    leak = number("A column more", minimum=0, maximum=1e7, example=1, nullable=True)
    features = type(
        "Wider", (spec.features,), {"__annotations__": {name: float | None}, name: leak}
    )
    declared = {field: getattr(spec, field) for field in ModelSpec.model_fields}
    return ModelSpec(**(declared | {"features": features} | changes))


def write(spec: ModelSpec, path: Path, **columns: Any) -> Path:
    """A sample file with further columns, each a rule from the frame."""
    frame = pd.DataFrame(sampler(spec).draw(1_500, 4))
    frame.assign(**columns).to_csv(path, index=False)
    return path


def stored(lake: ObjectStore) -> list[str]:
    """Everything in the lake."""
    return [*lake.keys(keys.DATASETS), *lake.keys(keys.QUARANTINE)]


@pytest.mark.parametrize(("model", "column"), LEAKS)
def test_a_column_known_afterwards_is_no_feature(model: str, column: str) -> None:
    """The spec itself refuses it, and says why."""
    with pytest.raises(
        ValidationError,
        match=rf"{column} cannot be a feature, it is in known_afterwards: .* leaks the target",
    ):
        with_feature(find(model), column)


@pytest.mark.parametrize(("model", "column"), LEAKS)
def test_taking_it_off_the_list_does_not_help(model: str, column: str, tmp_path: Path) -> None:
    """Data that remember the declaration refuse it at the load and in the machine."""
    lake = memory_store()
    path = write(find(model), tmp_path / "data.csv")
    load(find(model), path, lake, "ada", NOW, group_key=key)
    before = stored(lake)
    wider = with_feature(find(model), column, known_afterwards=())
    reason = rf"column {column}: it was declared as known only after the outcome"
    with pytest.raises(DatasetError, match=rf"^data\.csv: {reason}"):
        load(wider, path, lake, "ada", NOW, group_key=key)
    state = RetrainingState(model=model, execution="run")
    with pytest.raises(DatasetError, match=reason):
        prepare(wider, state, lake, memory_store())
    assert stored(lake) == before


@pytest.mark.parametrize(("model", "column"), LEAKS)
def test_another_name_does_not_help(model: str, column: str, tmp_path: Path) -> None:
    """A feature that holds the values of such a column is refused by comparing them."""
    spec = with_feature(find(model), "harmless")
    path = write(spec, tmp_path / "data.csv", harmless=lambda frame: frame[column])
    lake = memory_store()
    with pytest.raises(
        DatasetError, match=rf"^data\.csv: column harmless: 100\.0% of its values are .* {column}"
    ):
        load(spec, path, lake, "ada", NOW, group_key=key)
    assert stored(lake) == []


def copied_target(spec: ModelSpec, frame: pd.DataFrame) -> "pd.Series[Any]":
    """The target as another system might spell it."""
    values = frame[spec.target.column]
    if spec.classes:
        return values.map({name: place + 0.5 for place, name in enumerate(spec.classes)})
    positive = {spec.target.labels[1].casefold()} if spec.target.labels else {"yes", "true"}
    # A column of objects may hold the words, numbers, or numbers as text.
    words = values.astype(str).str.casefold().isin(positive).astype(float)
    numbers = pd.to_numeric(values, errors="coerce").fillna(words)
    return numbers * 0.5 + 1


@pytest.mark.parametrize("model", [*names(), GRADED])
def test_the_target_under_another_name_is_refused(model: str, tmp_path: Path) -> None:
    """The load measures what the column alone predicts, and stores nothing."""
    spec = with_feature(find(model), COPY)
    path = write(spec, tmp_path / "data.csv", **{COPY: lambda frame: copied_target(spec, frame)})
    lake = memory_store()
    measure = "ROC AUC" if spec.outcomes else "R²"
    with pytest.raises(
        DatasetError,
        match=rf"^data\.csv: column {COPY}: predicts {re.escape(spec.target.column)} on its own "
        rf"\({measure} 1\.000\); the limit is 0\.99$",
    ):
        load(spec, path, lake, "ada", NOW, group_key=key)
    assert stored(lake) == []


@pytest.mark.parametrize("model", [*names(), GRADED])
def test_the_machine_measures_again(model: str, tmp_path: Path) -> None:
    """A version that was let in under other limits is refused before training."""
    spec = with_feature(find(model), COPY)
    limits = spec.data_limits.model_copy(update={"cleared": (COPY,)})
    path = write(spec, tmp_path / "data.csv", **{COPY: lambda frame: copied_target(spec, frame)})
    lake, artifacts = memory_store(), memory_store()
    version = load(
        spec.model_copy(update={"data_limits": limits}), path, lake, "ada", NOW, group_key=key
    ).version
    with pytest.raises(
        DatasetError, match=rf"^{model}: data set version {version}: column {COPY}: .* 1\.000"
    ):
        prepare(spec, RetrainingState(model=model, execution="run"), lake, artifacts)
    assert list(artifacts.keys(keys.STAGING)) == []


def looked_over(model: str, folder: Path) -> DataReport:
    """What stands out in a model's own sample."""
    lake, spec = memory_store(), find(model)
    version = load(spec, write(spec, folder / "data.csv"), lake, "ada", NOW, group_key=key).version
    report = DatasetStore(spec, lake).report(version)
    assert report is not None
    return report


@pytest.mark.parametrize("model", [*names(), GRADED])
def test_the_models_own_columns_are_no_leaks(model: str, tmp_path: Path) -> None:
    """A model may have one column that tells almost all, such as a size a price, and no answer."""
    limit = find(model).data_limits.leakage.fail or 1.0
    assert max(column.leakage or 0 for column in looked_over(model, tmp_path).columns) <= limit


@pytest.mark.parametrize("model", ["bankchurn", "carvision", "leads", "telecom", GRADED])
def test_nothing_stands_out_in_the_shipped_data(model: str, tmp_path: Path) -> None:
    """No finding is above its limit, and every column is far from giving the answer away."""
    report = looked_over(model, tmp_path)
    assert report.with_status(Status.WARN) == ()
    assert max(column.leakage or 0 for column in report.columns) < 0.9
