"""The drift image with a day on which a feature has moved."""

from collections.abc import Iterator, Mapping

import pytest

from modelfleet.adapters.object_store import s3_store
from modelfleet.datasets.manifest import ROWS_FILE
from modelfleet.datasets.rows_file import to_parquet
from modelfleet.drift.reports import DRAWN_FILE
from modelfleet.drift.requests import DriftRequest
from modelfleet.registry.manifest import MANIFEST_FILE, BundleManifest
from modelfleet.settings import DriftSettings
from modelfleet.storage import keys
from modelfleet.tables.validate import validate
from models.bankchurn.sample import sample
from tests.containers.building import DeployedImage
from tests.containers.conftest import ARTIFACTS, LAKE
from tests.containers.engine import Engine
from tests.containers.function import RunningFunction, running_function
from tests.containers.results import MEMORY_SHARE, Results
from tests.watching import NOW, SPEC, World, sampled

EVENT = DriftRequest(model=SPEC.name, window_end=NOW).model_dump(mode="json")


@pytest.fixture(scope="module")
def function(
    docker: Engine, images: Mapping[str, DeployedImage], aws: Mapping[str, str]
) -> Iterator[RunningFunction]:
    """The function in its container, with a day of predictions for much older customers."""
    world = World(lake=s3_store(LAKE), artifacts=s3_store(ARTIFACTS))
    world.release("7")
    _keep_the_rows_it_learned_from()
    world.predict([row | {"Age": 70} for row in sampled(300, seed=2)], "7")
    settings = DriftSettings(
        stage="dev", model=SPEC.name, lake_bucket=LAKE, artifacts_bucket=ARTIFACTS
    )
    image = images["drift"]
    with running_function(
        docker,
        image.tag,
        {**aws, **settings.to_environment()},
        memory_mb=image.memory_mb,
        ephemeral_mb=image.ephemeral_mb,
    ) as running:
        yield running


def _keep_the_rows_it_learned_from() -> None:
    content = s3_store(ARTIFACTS).get(f"{keys.bundle(SPEC.name, '7')}/{MANIFEST_FILE}").content
    version = BundleManifest.parse(content).data.dataset_version
    wanted = SPEC.data_columns
    rows = [{name: row[name] for name in wanted} for row in sample(1_000, 1)]
    table = to_parquet(SPEC, validate(SPEC, enumerate(rows)).accepted)
    s3_store(LAKE).put(f"{keys.dataset(SPEC.name, version)}/{ROWS_FILE}", table)


def test_drift_is_found_and_drawn(
    function: RunningFunction, images: Mapping[str, DeployedImage], results: Results
) -> None:
    """Statistics, events, metrics and Evidently's page work in the container, in its memory."""
    outcome = function.invoke(EVENT)
    assert (outcome["status"], outcome["action"]) == ("drift", "warn")
    page = s3_store(ARTIFACTS).get(f"{outcome['report']}/{DRAWN_FILE}").content
    # Its scripts alone are megabytes; the page that says that there is nothing to draw is a line.
    assert len(page) > 1_000_000
    limit = images["drift"].memory_mb
    results.peaks_mb["drift"], results.limits_mb["drift"] = function.peak_mb(), limit
    assert results.peaks_mb["drift"] <= MEMORY_SHARE * limit
