"""The train image with a whole retraining, on PostgreSQL and S3."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from modelfleet.adapters.object_store import s3_store
from modelfleet.domain import keys
from modelfleet.domain.bundle import MANIFEST_FILE
from modelfleet.domain.dataset import ROWS_FILE, NewestDataset
from modelfleet.domain.messages import Step
from modelfleet.pipelines.table_file import to_parquet
from modelfleet.pipelines.validate import validate
from modelfleet.settings import TrainSettings
from models.bankchurn.sample import sample
from models.catalogue import find
from tests.containers.building import DeployedImage
from tests.containers.conftest import ARTIFACTS, LAKE
from tests.containers.database import over_the_network
from tests.containers.engine import Engine
from tests.containers.function import RunningFunction, running_function
from tests.containers.results import MEMORY_SHARE, Results
from tests.postgresql import postgresql

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
def function(
    docker: Engine,
    images: Mapping[str, DeployedImage],
    aws: Mapping[str, str],
    rows: None,
    database_folder: Path,
) -> Iterator[RunningFunction]:
    """The function in its container, with a registry that knows no model yet."""
    image = images["train"]
    limits = {"memory_mb": image.memory_mb, "ephemeral_mb": image.ephemeral_mb}
    with postgresql(database_folder / "train") as server, over_the_network(server) as address:
        settings = TrainSettings(
            stage="dev",
            lake_bucket=LAKE,
            artifacts_bucket=ARTIFACTS,
            tracking_uri=address,
            database_iam_authentication=False,
        )
        environment = {**aws, **settings.to_environment()}
        with running_function(docker, image.tag, environment, **limits) as running:
            yield running


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
