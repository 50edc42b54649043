"""Synthesises every stage once: starting the CDK costs more than all tests together."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

# The CDK starts Node when it is imported: the environment's own, whatever the shell has.
os.environ.setdefault("JSII_NODE", str(Path(sys.executable).with_name("node")))

from cdk.domain import CustomDomain
from cdk.stages import DEV, STAGES
from modelfleet.catalogue import catalogue
from modelfleet.domain.telemetry import Dimension
from tests.aws import aws_services
from tests.emission import Emitted, predict_emissions, watch_emissions
from tests.infrastructure.templates import FleetTemplates, synthesise


@pytest.fixture(scope="session")
def fleets(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, FleetTemplates]:
    """The templates of all stages, by stage."""
    return {
        name: synthesise(stage, tmp_path_factory.mktemp(name)) for name, stage in STAGES.items()
    }


CLIENT = {"requests_per_second": 5, "burst": 10, "requests_per_month": 1000}
DOMAIN = CustomDomain(
    name="models.example.com",
    certificate_arn="arn:aws:acm:eu-central-1:" + "0" * 12 + ":certificate/ab-12",
    hosted_zone_id="Z0123456789",
)


@pytest.fixture(scope="session")
def customised(tmp_path_factory: pytest.TempPathFactory) -> FleetTemplates:
    """Stage dev with what a deployment may add: a client beside the default one, and a domain."""
    clients = json.dumps({"acme": CLIENT})
    return synthesise(DEV, tmp_path_factory.mktemp("customised"), clients=clients, domain=DOMAIN)


@pytest.fixture(params=list(STAGES))
def fleet(request: pytest.FixtureRequest, fleets: Mapping[str, FleetTemplates]) -> FleetTemplates:
    """The templates of each stage in turn."""
    return fleets[request.param]


@pytest.fixture(params=[name for name, stage in STAGES.items() if stage.alarm_notifications])
def told_fleet(
    request: pytest.FixtureRequest, fleets: Mapping[str, FleetTemplates]
) -> FleetTemplates:
    """The templates of each stage whose alarms tell people."""
    return fleets[request.param]


@pytest.fixture(params=["dev", "staging", "prod"])
def cloud_fleet(
    request: pytest.FixtureRequest, fleets: Mapping[str, FleetTemplates]
) -> FleetTemplates:
    """The templates of each stage that runs in AWS."""
    return fleets[request.param]


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    """Serve moto's S3 on a free port of the loopback interface."""
    with aws_services() as address:
        yield address


@pytest.fixture(scope="session")
def measured(endpoint: str) -> set[Emitted]:
    """What the handlers of the whole fleet measure."""
    predict = {each for spec in catalogue().values() for each in predict_emissions(endpoint, spec)}
    watching = watch_emissions()
    # The function is one for all models, and is run on one of them.
    others = {_of(model, each) for model in catalogue() for each in watching}
    return predict | watching | others


def _of(model: str, metric: Emitted) -> Emitted:
    renamed = dict(metric.dimensions) | {Dimension.MODEL.value: model}
    return metric._replace(dimensions=frozenset(renamed.items()))
