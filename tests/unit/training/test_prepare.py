"""The first step of a retraining."""

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from modelfleet.datasets.data_report import DataReport
from modelfleet.datasets.load import load
from modelfleet.datasets.manifest import Side
from modelfleet.datasets.rows_file import read_frame
from modelfleet.retraining.state import RetrainingState
from modelfleet.spec.data_limits import DataLimits, Limit
from modelfleet.spec.errors import DatasetError
from modelfleet.spec.features import number
from modelfleet.spec.model import ModelSpec
from modelfleet.spec.time_column import TimeColumn
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
from modelfleet.training.prepare import prepare

NOW = datetime(2026, 1, 2, tzinfo=UTC)
STATE = RetrainingState(model="toy", execution="run-1")
COLUMNS = ["age", "income", "colour", "town", "bought"]
WriteTable = Callable[..., Path]


@pytest.fixture
def version(binary: ModelSpec, write_table: WriteTable, lake: ObjectStore) -> str:
    """A loaded data set of 400 rows, ages 18 to 97, whose features say nothing of the target."""
    coin = random.Random(1)  # noqa: S311  # not a secret
    rows = [
        f"{18 + n % 80},{n},red,{'Pisa' if n % 3 else ''},{coin.randrange(2)}" for n in range(400)
    ]
    return load(binary, write_table(",".join(COLUMNS), *rows), lake, "ada", NOW).version


def staged(artifacts: ObjectStore) -> dict[str, bytes]:
    """What lies in the staging folder."""
    return {key: artifacts.get(key).content for key in artifacts.keys(keys.STAGING)}


def narrowed(spec: ModelSpec) -> ModelSpec:
    """The same model, after its schema stopped allowing ages over 90."""

    class Narrowed(spec.features):  # type: ignore[misc,name-defined]  # the base is a value here
        age: int = number("Age", minimum=18, maximum=90, example=40)

    return spec.model_copy(update={"features": Narrowed})


def test_splits_are_staged(
    binary: ModelSpec, lake: ObjectStore, artifacts: ObjectStore, version: str
) -> None:
    """Three files with the agreed columns lie below the execution's folder."""
    prepared = prepare(binary, STATE, lake, artifacts)
    files = staged(artifacts)
    parts = {f"staging/toy/run-1/{side}.parquet" for side in Side}
    assert set(files) == parts | {
        "staging/toy/run-1/data-report.json",
        "staging/toy/run-1/table_format.json",
    }
    for side in Side:
        frame = read_frame(files[f"staging/toy/run-1/{side}.parquet"])
        assert list(frame.columns) == COLUMNS
        assert len(frame) == prepared.rows[side]
    assert sum(prepared.rows.values()) == 400
    assert (prepared.dataset_version, prepared.quarantined) == (version, 0)


@pytest.mark.usefixtures("version")
def test_a_retry_stages_the_same_bytes(
    binary: ModelSpec, lake: ObjectStore, artifacts: ObjectStore
) -> None:
    """Doing the step again changes nothing."""
    first, before = prepare(binary, STATE, lake, artifacts), staged(artifacts)
    assert prepare(binary, STATE, lake, artifacts) == first
    assert staged(artifacts) == before


def test_rows_that_break_a_newer_schema_are_quarantined(
    binary: ModelSpec, lake: ObjectStore, artifacts: ObjectStore, version: str
) -> None:
    """What was fine when it was loaded is held against today's schema, with reasons."""
    prepared = prepare(narrowed(binary), STATE, lake, artifacts)
    assert prepared.quarantined == 35  # ages 91 to 97, five times each
    assert sum(prepared.rows.values()) == 365
    lines = lake.get(f"quarantine/toy/{version}/run-1.jsonl").content.splitlines()
    assert len(lines) == 35
    assert json.loads(lines[0])["reasons"] == ["age: Input should be less than or equal to 90"]
    assert lake.get(keys.quarantine("toy", version)).content == b""


@pytest.mark.usefixtures("version")
def test_a_column_that_the_data_lacks_is_named(
    binary: ModelSpec, lake: ObjectStore, artifacts: ObjectStore
) -> None:
    """A feature added since the load asks for a load, by its name."""

    class Wider(binary.features):  # type: ignore[misc,name-defined]  # the base is a value here
        height: float = number("Height", minimum=0, maximum=3, example=1.7)

    wider = binary.model_copy(update={"features": Wider})
    with pytest.raises(DatasetError, match="has no column height; load a file with: fleet data"):
        prepare(wider, STATE, lake, artifacts)
    assert staged(artifacts) == {}


@pytest.mark.usefixtures("version")
def test_a_schema_that_rejects_every_row_is_an_error(
    binary: ModelSpec, lake: ObjectStore, artifacts: ObjectStore
) -> None:
    """The first reason is told."""

    class Elders(binary.features):  # type: ignore[misc,name-defined]  # the base is a value here
        age: int = number("Age", minimum=99, maximum=120, example=100)

    elders = binary.model_copy(update={"features": Elders})
    with pytest.raises(DatasetError, match=r"rejects every row .* age: Input should be greater"):
        prepare(elders, STATE, lake, artifacts)


def test_without_data_the_error_tells_the_command(
    binary: ModelSpec, lake: ObjectStore, artifacts: ObjectStore
) -> None:
    """Who retrains before loading is told what to type."""
    with pytest.raises(
        DatasetError,
        match=r"^toy: no data is loaded; load a file with: fleet data load toy FILE\.csv$",
    ):
        prepare(binary, STATE, lake, artifacts)


@pytest.mark.usefixtures("version")
def test_too_few_rows_stage_nothing(
    binary: ModelSpec, lake: ObjectStore, artifacts: ObjectStore
) -> None:
    """A data set that today's schema leaves too little of is refused before anything is staged."""

    class Young(binary.features):  # type: ignore[misc,name-defined]  # the base is a value here
        age: int = number("Age", minimum=18, maximum=20, example=18)

    limits = DataLimits(minimum_rows=10_000)
    young = binary.model_copy(update={"features": Young, "data_limits": limits})
    with pytest.raises(DatasetError, match=r"toy: the \w+ side has"):
        prepare(young, STATE, lake, artifacts)
    assert staged(artifacts) == {}


def test_what_the_checks_found_goes_along(
    binary: ModelSpec, lake: ObjectStore, artifacts: ObjectStore, version: str
) -> None:
    """The step answers with the warnings, and stages the report beside the rows."""
    prepared = prepare(binary, STATE, lake, artifacts)
    assert prepared.warnings == ("column colour: it never varies",)
    report = DataReport.model_validate_json(staged(artifacts)["staging/toy/run-1/data-report.json"])
    assert (report.version, report.rows) == (version, 400)


@pytest.mark.usefixtures("version")
def test_a_limit_that_became_stricter_stops_the_retraining(
    binary: ModelSpec, lake: ObjectStore, artifacts: ObjectStore
) -> None:
    """What was let in is held against today's limits, and nothing is staged."""
    limits = DataLimits(missing_share=Limit(fail=0.2))
    strict = binary.model_copy(update={"data_limits": limits})
    with pytest.raises(
        DatasetError, match=r"^toy: data set version \w+: column town: 33\.5% of its values"
    ):
        prepare(strict, STATE, lake, artifacts)
    assert staged(artifacts) == {}


def test_a_version_is_split_at_its_own_boundaries(
    binary: ModelSpec, write_table: WriteTable, lake: ObjectStore, artifacts: ObjectStore
) -> None:
    """Where the model declares a time, the sides of a backfilled version meet where they met."""
    timed = binary.model_copy(update={"time": TimeColumn(column="day")})
    coin = random.Random(1)  # noqa: S311  # not a secret
    rows = [
        f"{18 + n % 80},{n},red,Pisa,{coin.randrange(2)},2026-02-{1 + n % 28}" for n in range(560)
    ]
    old = [
        f"{18 + n % 80},{n},blue,Rome,{coin.randrange(2)},2026-01-{1 + n % 28}" for n in range(280)
    ]
    header = ",".join([*COLUMNS, "day"])
    load(timed, write_table(header, *rows), lake, "ada", NOW)
    first = prepare(timed, STATE, lake, artifacts)
    load(timed, write_table(header, *rows, *old), lake, "ada", NOW)
    second = prepare(timed, STATE, lake, artifacts)
    assert second.rows["test"] == first.rows["test"]
    assert second.rows["train"] == first.rows["train"] + len(old)


@pytest.mark.parametrize("generated", [False, True])
def test_generated_rows_stay_marked(
    binary: ModelSpec,
    write_table: WriteTable,
    lake: ObjectStore,
    artifacts: ObjectStore,
    generated: bool,
) -> None:
    """Whether the rows are made up, and when they were loaded, goes along to training."""
    rows = [f"{18 + n % 80},{n},red,Pisa,{n % 3 % 2}" for n in range(400)]
    table = write_table(",".join(COLUMNS), *rows)
    manifest = load(binary, table, lake, "ada", NOW, generated=generated)
    assert manifest.generated is generated
    prepared = prepare(binary, STATE, lake, artifacts)
    assert (prepared.generated, prepared.loaded_at) == (generated, NOW)
