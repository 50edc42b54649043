"""The train image with a whole retraining, on PostgreSQL and S3."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from modelfleet.adapters.object_store import s3_store
from modelfleet.catalogue import find
from modelfleet.datasets.manifest import ROWS_FILE, NewestDataset
from modelfleet.datasets.rows_file import to_parquet
from modelfleet.registry.database_users import OWNER, USER, create_users
from modelfleet.registry.manifest import MANIFEST_FILE
from modelfleet.retraining.state import Step
from modelfleet.settings import SchemaSettings, TrainSettings
from modelfleet.storage import keys
from modelfleet.tables.validate import validate
from models.bankchurn.sample import sample
from tests.containers.building import DeployedImage
from tests.containers.conftest import ARTIFACTS, LAKE
from tests.containers.database import over_the_network
from tests.containers.engine import Engine
from tests.containers.function import RunningFunction, running_function
from tests.containers.results import MEMORY_SHARE, Results
from tests.infrastructure.templates import FleetTemplates
from tests.postgresql import postgresql
from tests.stages import DEV

MODEL, VERSION = "bankchurn", "aaaaaaaaaaaa"
ROWS = 1_500
State = dict[str, Any]


@pytest.fixture(scope="module")
def rows(aws: Mapping[str, str]) -> None:
    """Generated rows, as the newest data set version."""
    spec = find(MODEL)
    wanted = [*spec.features.model_fields, spec.target.column]
    sampled = [{name: row[name] for name in wanted} for row in sample(ROWS, 1)]
    content = to_parquet(spec, validate(spec, enumerate(sampled)).accepted)
    s3_store(LAKE).put(f"{keys.dataset(MODEL, VERSION)}/{ROWS_FILE}", content)
    pointer = NewestDataset(version=VERSION).model_dump_json().encode()
    s3_store(LAKE).put(keys.newest_dataset(MODEL), pointer)


@pytest.fixture(scope="module")
def database(database_folder: Path) -> Iterator[str]:
    """A database on the network with the users that a deployment makes, and no tables yet."""
    with postgresql(database_folder / "train") as server:
        engine = create_engine(server, isolation_level="AUTOCOMMIT")
        with engine.connect() as master:
            # RDS brings this role along.
            master.execute(text("CREATE ROLE rds_iam"))
            master.execute(text(create_users()))
        engine.dispose()
        with over_the_network(server) as address:
            yield address


@pytest.fixture(scope="module")
def tables(
    docker: Engine,
    images: Mapping[str, DeployedImage],
    fleet: FleetTemplates,
    aws: Mapping[str, str],
    database: str,
) -> str:
    """The database after the image's other entry has made MLflow's tables in it."""
    settings = SchemaSettings(stage=DEV.name, owner_uri=_as(database, OWNER), user=USER)
    environment = {**aws, **settings.to_environment()}
    memory_mb: int = fleet.functions()[DEV.resource("schema")]["MemorySize"]
    with running_function(
        docker,
        images["train"].tag,
        environment,
        memory_mb=memory_mb,
        entry="functions.train.schema.handler",
    ) as running:
        assert running.invoke({}) == {}
        assert running.peak_mb() <= MEMORY_SHARE * memory_mb
    return database


@pytest.fixture(scope="module")
def function(
    docker: Engine,
    images: Mapping[str, DeployedImage],
    aws: Mapping[str, str],
    rows: None,
    tables: str,
) -> Iterator[RunningFunction]:
    """The function in its container, with a registry that knows no model yet."""
    image = images["train"]
    settings = TrainSettings(
        stage=DEV.name,
        lake_bucket=LAKE,
        artifacts_bucket=ARTIFACTS,
        tracking_uri=_as(tables, USER),
        database_iam_authentication=True,
    )
    environment = {**aws, **settings.to_environment()}
    with running_function(
        docker,
        image.tag,
        environment,
        memory_mb=image.memory_mb,
        ephemeral_mb=image.ephemeral_mb,
    ) as running:
        yield running


def _as(uri: str, user: str) -> str:
    return make_url(uri).set(username=user).render_as_string(hide_password=False)


def test_a_model_is_trained_and_registered(
    function: RunningFunction, images: Mapping[str, DeployedImage], results: Results
) -> None:
    """Every step works in the container, within its memory, and the bundle is in the bucket."""
    state: State = {"model": MODEL, "trigger": "manual", "force": True, "execution": "first"}
    for step in (Step.PREPARE, Step.TRAIN, Step.EVALUATE, Step.REGISTER):
        state[step.result] = function.invoke({"step": step.value, "state": state})
    assert state["evaluated"]["verdict"]["decision"] == "promote"
    assert state["registered"]["version"] == "1"
    assert s3_store(ARTIFACTS).get(f"{keys.bundle(MODEL, '1')}/{MANIFEST_FILE}").content
    limit = images["train"].memory_mb
    results.peaks_mb["train"], results.limits_mb["train"] = function.peak_mb(), limit
    assert results.peaks_mb["train"] <= MEMORY_SHARE * limit
    assert function.inspect("{{.State.OOMKilled}}") == "false"
