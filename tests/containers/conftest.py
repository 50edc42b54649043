"""What the container suite shares: an engine, every image, and AWS on the loopback interface."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import boto3
import pytest

# The CDK starts Node when it is imported: the environment's own, whatever the shell has.
os.environ.setdefault("JSII_NODE", str(Path(sys.executable).with_name("node")))

from tests.aws import aws_services
from tests.containers.base_image import base_image
from tests.containers.building import Builder, DeployedImage, deployed_images
from tests.containers.engine import Engine, NoEngineError, engine
from tests.containers.results import Results
from tests.infrastructure.templates import REPOSITORY, FleetTemplates, synthesize
from tests.stages import DEV

ARTIFACTS, LAKE = "artifacts", "lake"
_KEPT = REPOSITORY / ".fleet" / "containers"


@pytest.fixture(scope="session")
def docker() -> Iterator[Engine]:
    """An engine; without one the suite is skipped, and says what is missing."""
    with ExitStack() as stack:
        try:
            found = stack.enter_context(engine())
        except NoEngineError as error:
            pytest.skip(str(error))
        yield found


@pytest.fixture(scope="session")
def builder(docker: Engine, tmp_path_factory: pytest.TempPathFactory) -> Builder:
    """The engine with a base image."""
    try:
        base = base_image(docker, REPOSITORY / "functions/predict/Dockerfile", _KEPT)
    except NoEngineError as error:
        pytest.skip(str(error))
    return Builder(docker, base, tmp_path_factory.mktemp("secrets"))


@pytest.fixture(scope="session")
def fleet(docker: Engine, tmp_path_factory: pytest.TempPathFactory) -> FleetTemplates:
    """What `cdk deploy` would send to AWS for stage dev, with its assets."""
    return synthesize(DEV, tmp_path_factory.mktemp("dev"))


@pytest.fixture(scope="session")
def images(fleet: FleetTemplates, builder: Builder) -> Mapping[str, DeployedImage]:
    """Every image of the stage, built."""
    found = deployed_images(fleet)
    for image in found.values():
        builder.build(image.tag, image.context, image.dockerfile)
    return found


@pytest.fixture(scope="session")
def empty_image(builder: Builder) -> str:
    """An image with a function that does nothing."""
    tag = "modelfleet-empty:test"
    builder.build(tag, REPOSITORY, "tests/containers/empty_function/Dockerfile")
    return tag


@pytest.fixture(scope="session")
def results(builder: Builder) -> Iterator[Results]:
    """What is measured, and written down when everything has been."""
    version = builder.engine.run("version", "--format", "{{.Server.Version}}")
    found = Results(base=builder.base, engine=version)
    yield found
    if found.complete():
        found.write(REPOSITORY / "docs" / "containers.md")


@pytest.fixture(scope="module")
def aws() -> Iterator[Mapping[str, str]]:
    """AWS with the two buckets; gives the variables by which it is reached."""
    with aws_services() as endpoint, pytest.MonkeyPatch.context() as patch:
        variables = {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        for name, value in variables.items():
            patch.setenv(name, value)
        for bucket in (ARTIFACTS, LAKE):
            boto3.client("s3").create_bucket(Bucket=bucket)
        yield variables
