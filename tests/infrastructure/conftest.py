"""Synthesises every stage once: starting the CDK costs more than all tests together."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

# The CDK starts Node when it is imported: the environment's own, whatever the shell has.
os.environ.setdefault("JSII_NODE", str(Path(sys.executable).with_name("node")))

from cdk.stage import STAGES
from tests.infrastructure.templates import FleetTemplates, synthesise


@pytest.fixture(scope="session")
def fleets(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, FleetTemplates]:
    """The templates of all stages, by stage."""
    return {
        name: synthesise(stage, tmp_path_factory.mktemp(name)) for name, stage in STAGES.items()
    }


@pytest.fixture(params=list(STAGES))
def fleet(request: pytest.FixtureRequest, fleets: Mapping[str, FleetTemplates]) -> FleetTemplates:
    """The templates of each stage in turn."""
    return fleets[request.param]


@pytest.fixture(params=["dev", "staging", "prod"])
def cloud_fleet(
    request: pytest.FixtureRequest, fleets: Mapping[str, FleetTemplates]
) -> FleetTemplates:
    """The templates of each stage that runs in AWS."""
    return fleets[request.param]
