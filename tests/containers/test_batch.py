"""The batch image with a whole bulk job."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from modelfleet.adapters.object_store import s3_store
from modelfleet.batch.job_files import BatchJob
from modelfleet.catalogue import find
from modelfleet.settings import BatchSettings
from tests.containers.building import DeployedImage
from tests.containers.conftest import ARTIFACTS, LAKE
from tests.containers.engine import Engine
from tests.containers.function import RunningFunction, running_function
from tests.containers.results import MEMORY_SHARE, Results
from tests.serving import put_bundle, put_pointer

SPEC = find("bankchurn")
ROWS = 12_000
REQUEST = {"model": SPEC.name, "job": "j1", "input_format": "csv"}


@pytest.fixture(scope="module")
def function(
    docker: Engine, images: Mapping[str, DeployedImage], aws: Mapping[str, str]
) -> Iterator[RunningFunction]:
    """The function in its container, with a model released and a table to score."""
    put_bundle(s3_store(ARTIFACTS), SPEC, "1")
    put_pointer(s3_store(ARTIFACTS), SPEC.name, "1")
    example = SPEC.features.example()
    row = ",".join(map(str, example.values()))
    table = f"{','.join(example)}\n" + f"{row}\n" * ROWS
    s3_store(LAKE).put(f"{BatchJob(SPEC.name, 'j1').folder}/input.csv", table.encode())
    settings = BatchSettings(stage="dev", lake_bucket=LAKE, artifacts_bucket=ARTIFACTS)
    environment = {**aws, **settings.to_environment()}
    image = images["batch"]
    with running_function(docker, image.tag, environment, memory_mb=image.memory_mb) as running:
        yield running


@pytest.mark.parametrize("output_format", ["jsonl", "parquet"])
def test_every_row_of_a_table_is_scored(
    function: RunningFunction,
    images: Mapping[str, DeployedImage],
    results: Results,
    output_format: str,
) -> None:
    """Splitting, scoring and merging work in the container, within its memory."""
    request = REQUEST | {"output_format": output_format}
    plan = _step(function, "split", request)
    assert (plan["rows"], plan["parts"]) == (ROWS, [0, 1])
    scored = [_step(function, "score", request, part=part)["scored"] for part in plan["parts"]]
    assert scored == [10_000, 2_000]
    outcome = _step(function, "merge", request)
    assert (outcome["read"], outcome["scored"], outcome["failed"]) == (ROWS, ROWS, 0)
    limit = images["batch"].memory_mb
    results.peaks_mb["batch"], results.limits_mb["batch"] = function.peak_mb(), limit
    assert results.peaks_mb["batch"] <= MEMORY_SHARE * limit


def _step(function: RunningFunction, step: str, request: object, **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = function.invoke({"step": step, "request": request, **more})
    return answer
