"""The predict image, asked as API Gateway asks it."""

import json
from collections.abc import Iterator, Mapping

import pytest

from modelfleet.adapters.object_store import s3_store
from modelfleet.catalogue import find
from modelfleet.settings import PredictSettings
from tests.containers.building import DeployedImage
from tests.containers.conftest import ARTIFACTS, LAKE
from tests.containers.engine import Engine
from tests.containers.function import RunningFunction, running_function
from tests.containers.results import MEMORY_SHARE, START_RATIO, Results
from tests.serving import Gateway, gateway_event, put_bundle, put_pointer

SPEC = find("bankchurn")
ROUNDS = 15
_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


@pytest.fixture(scope="module")
def environment(aws: Mapping[str, str]) -> dict[str, str]:
    """The function's environment, with version 1 released."""
    put_bundle(s3_store(ARTIFACTS), SPEC, "1")
    put_pointer(s3_store(ARTIFACTS), SPEC.name, "1")
    settings = PredictSettings(
        stage="dev",
        model=SPEC.name,
        artifacts_bucket=ARTIFACTS,
        lake_bucket=LAKE,
        signing_keys="key:test",
        refresh_seconds=0.0,
        maximum_body_bytes=1_000_000,
        docs_enabled=True,
        details_enabled=True,
        allowed_origins="",
    )
    return {**aws, **settings.to_environment()}


@pytest.fixture(scope="module")
def function(
    docker: Engine, images: Mapping[str, DeployedImage], environment: dict[str, str]
) -> Iterator[RunningFunction]:
    """The function in its container."""
    image = images["predict"]
    with running_function(docker, image.tag, environment, memory_mb=image.memory_mb) as running:
        yield running


@pytest.fixture(scope="module")
def gateway(function: RunningFunction) -> Gateway:
    """API Gateway before it."""
    return Gateway(lambda event, _context: function.invoke(event))


def test_it_predicts(gateway: Gateway) -> None:
    """The released version answers a row from within the container."""
    reply = gateway.post("/bankchurn/predict", SPEC.features.example())
    assert (reply.status, reply.body["version"], reply.body["variant"]) == (200, "1", "champion")
    assert 0 <= reply.body["probability"] <= 1


@pytest.mark.parametrize("path", ["", "/health", "/ready", "/model", "/card", "/docs"])
def test_every_page_is_served(gateway: Gateway, path: str) -> None:
    """Templates, scripts and the catalogue are in the image, as far as they are needed."""
    assert gateway.get(f"/bankchurn{path}").status == 200


def test_a_new_release_is_picked_up(gateway: Gateway) -> None:
    """The container follows the pointer while it runs."""
    put_bundle(s3_store(ARTIFACTS), SPEC, "2", bias=0.5)
    put_pointer(s3_store(ARTIFACTS), SPEC.name, "2")
    versions = [
        gateway.post("/bankchurn/predict", SPEC.features.example()).body["version"]
        for _ in range(50)
    ]
    assert versions[-1] == "2"


def test_it_explains_and_takes_feedback(gateway: Gateway) -> None:
    """What imports and writes only when it is asked works without a file system to write to."""
    row = SPEC.features.example()
    assert gateway.post("/bankchurn/explain", row).status == 200
    prediction = gateway.post("/bankchurn/predict", row).body["prediction_id"]
    feedback = {"prediction_id": prediction, "actual": 1}
    assert gateway.post("/bankchurn/feedback", feedback).status < 300


def test_a_full_batch_fits_into_the_memory(
    gateway: Gateway,
    function: RunningFunction,
    images: Mapping[str, DeployedImage],
    results: Results,
) -> None:
    """The largest request that is allowed leaves a tenth of the stage's memory free."""
    batch = {"instances": [SPEC.features.example()] * 1_000}
    assert len(gateway.post("/bankchurn/predict/batch", batch).body["predictions"]) == 1_000
    limit = images["predict"].memory_mb
    results.peaks_mb["predict"], results.limits_mb["predict"] = function.peak_mb(), limit
    assert results.peaks_mb["predict"] <= MEMORY_SHARE * limit


def test_it_runs_as_nobody_on_a_file_system_that_is_only_read(function: RunningFunction) -> None:
    """The container that answered all this could not have written anywhere but to /tmp."""
    assert function.users() == {65534}
    assert function.inspect("{{.HostConfig.ReadonlyRootfs}}") == "true"
    assert function.inspect("{{.State.OOMKilled}}") == "false"


def test_it_is_healthy(function: RunningFunction) -> None:
    """The image's own command finds the function that asks for work."""
    assert function.run("python3", "-m", "images.health") == ""


def test_it_wakes_from_a_snapshot_with_what_is_released_by_then(
    docker: Engine, images: Mapping[str, DeployedImage], environment: dict[str, str]
) -> None:
    """As SnapStart wants it of an image that is not AWS's own, with keys from its endpoint."""
    put_pointer(s3_store(ARTIFACTS), SPEC.name, "1")
    image = images["predict"]
    keyless = {k: v for k, v in environment.items() if k not in _KEYS}
    with running_function(
        docker, image.tag, keyless, memory_mb=image.memory_mb, snap_start=True
    ) as sleeper:
        assert sleeper.interface.asleep.wait(60)
        put_bundle(s3_store(ARTIFACTS), SPEC, "3", bias=0.5)
        put_pointer(s3_store(ARTIFACTS), SPEC.name, "3")
        sleeper.interface.awake.set()
        gateway = Gateway(lambda event, _context: sleeper.invoke(event))
        reply = gateway.post("/bankchurn/predict", SPEC.features.example())
    assert (reply.status, reply.body["version"]) == (200, "3")


def test_the_start_is_near_that_of_an_empty_function(
    docker: Engine,
    images: Mapping[str, DeployedImage],
    empty_image: str,
    environment: dict[str, str],
    results: Results,
) -> None:
    """With a model to fetch and a runtime for it to load; in turns, so that both meet the same."""
    memory_mb = images["predict"].memory_mb
    event = gateway_event("POST", "/bankchurn/predict", json.dumps(SPEC.features.example()))
    sides = {images["predict"].tag: results.predict, empty_image: results.empty}
    for taken in [None, *range(ROUNDS)]:
        for tag, start in sides.items():
            with running_function(docker, tag, environment, memory_mb=memory_mb) as running:
                answer, seconds, used = running.first(event)
            assert answer["statusCode"] == 200
            # What the first round reads from the disk is no part of either side's start.
            if taken is not None:
                start.seconds.append(seconds)
                start.processor_seconds.append(used)
    assert results.start_ratio() <= START_RATIO
