"""The layers of zip functions, built without an engine, on the system that they are for."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from modelfleet.adapters.object_store import s3_store
from modelfleet.catalogue import find
from modelfleet.registry.pointer import ReleasePointer
from modelfleet.settings import ReleaseSettings
from modelfleet.storage import keys
from tests.containers.building import Builder
from tests.containers.conftest import ARTIFACTS, LAKE
from tests.infrastructure.templates import FleetTemplates
from tests.serving import put_bundle, put_pointer
from tests.stages import DEV

SPEC = find("telecom")
ROLLBACK = {"action": "rollback", "model": SPEC.name, "by": "ada", "reason": "complaints"}
# Lambda's own client does no more with a zip function, where its handler is concerned.
PROGRAM = """
import json, sys
from functions.release.handler import handler
print(json.dumps(handler(json.loads(sys.argv[1]), None)))
"""


@pytest.fixture(scope="module")
def environment(aws: Mapping[str, str]) -> dict[str, str]:
    """The function's environment, with a version that serves and one before it."""
    for version in ("1", "2"):
        put_bundle(s3_store(ARTIFACTS), SPEC, version)
    put_pointer(s3_store(ARTIFACTS), SPEC.name, "2", previous="1")
    plan = DEV.release
    settings = ReleaseSettings(
        stage=DEV.name,
        artifacts_bucket=ARTIFACTS,
        lake_bucket=LAKE,
        predict_alias="live",
        shares="0.1 0.5",
        wait_seconds=plan.wait_seconds,
        minimum_predictions=plan.minimum_predictions,
        waits_maximum=plan.waits_maximum,
        without_traffic=plan.without_traffic,
        approval_hours=plan.approval_hours,
        approval_reminder_hours=plan.approval_reminder_hours,
        lock_wait_seconds=plan.lock_wait_seconds,
    )
    # Where Lambda puts the layers and the function's own code.
    paths = {"PYTHONPATH": "/var/task:/opt/0/python:/opt/1/python"}
    return {**aws, **settings.to_environment(), **paths}


def test_the_release_function_runs_from_its_layers(
    builder: Builder, fleet: FleetTemplates, environment: dict[str, str]
) -> None:
    """What was installed here for Lambda's platform works there: a version is taken back."""
    function = fleet.functions()[DEV.resource("release")]
    code = _asset(fleet, function["Code"])
    layers = [_layer(fleet, reference["Ref"]) for reference in function["Layers"]]
    assert len(layers) == 2
    folders = {code: "/var/task"} | {path: f"/opt/{n}" for n, path in enumerate(layers)}
    arguments = ["--rm", "--network", "host", "--read-only", "--user", "65534:65534"]
    arguments += [f"--volume={source}:{target}:ro" for source, target in folders.items()]
    arguments += [f"--env={name}={value}" for name, value in environment.items()]
    command = ["python3", "-B", "-c", PROGRAM, json.dumps(ROLLBACK)]
    *logged, written = builder.engine.run("run", *arguments, builder.base, *command).splitlines()
    assert [json.loads(line)["message"] for line in logged] == ["invocation succeeded"]
    answer = json.loads(written)
    assert answer["champion"] == "1"
    pointer = s3_store(ARTIFACTS).get(keys.release_pointer(SPEC.name)).content
    assert ReleasePointer.parse(pointer).champion == "1"


def _layer(fleet: FleetTemplates, logical_id: str) -> Path:
    found = next(
        each
        for part in fleet.parts
        for name, each in fleet.resources(part, "AWS::Lambda::LayerVersion").items()
        if name == logical_id
    )
    return _asset(fleet, found["Properties"]["Content"])


def _asset(fleet: FleetTemplates, code: Mapping[str, str]) -> Path:
    return fleet.folder / f"asset.{code['S3Key'].removesuffix('.zip')}"
