"""Synthesizes every stage once: starting the CDK takes longer than all tests together."""

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

# The CDK starts Node on import: use the environment's, whatever the shell has.
os.environ.setdefault("JSII_NODE", str(Path(sys.executable).with_name("node")))


from cdk.settings.clients import ClientSettings
from cdk.settings.domain import CustomDomain
from modelfleet.catalogue import catalogue
from modelfleet.metrics.drift_metrics import SPLIT_BY, DriftMetric
from modelfleet.metrics.serving_metrics import Dimension
from tests.aws import aws_services
from tests.emission import Emitted, predict_emissions, watch_emissions
from tests.infrastructure.templates import FleetTemplates, synthesize
from tests.stages import DEV, STAGES


@pytest.fixture(scope="session")
def fleets(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, FleetTemplates]:
    """The templates of all stages, by stage; each is synthesized when a test first asks for it."""
    return _Fleets(tmp_path_factory)


class _Fleets(Mapping[str, FleetTemplates]):
    def __init__(self, folders: pytest.TempPathFactory) -> None:
        self._folders = folders
        self._made: dict[str, FleetTemplates] = {}

    def __getitem__(self, name: str) -> FleetTemplates:
        if name not in self._made:
            self._made[name] = synthesize(STAGES[name], self._folders.mktemp(name))
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(STAGES)

    def __len__(self) -> int:
        return len(STAGES)


CLIENT = ClientSettings(
    requests_per_second=5, burst=10, requests_per_month=1000, report_outcomes=True
)
DOMAIN = CustomDomain(
    name="models.example.com",
    certificate_arn="arn:aws:acm:eu-central-1:" + "0" * 12 + ":certificate/ab-12",
    hosted_zone_id="Z0123456789",
)


@pytest.fixture(scope="session")
def customized(tmp_path_factory: pytest.TempPathFactory) -> FleetTemplates:
    """Stage dev with what a deployment can add: another client, and a domain."""
    stage = replace(
        DEV,
        clients={"acme": CLIENT},
        domain=DOMAIN.name,
        certificate_arn=DOMAIN.certificate_arn,
        hosted_zone_id=DOMAIN.hosted_zone_id,
    )
    return synthesize(stage, tmp_path_factory.mktemp("customized"))


@pytest.fixture(params=list(STAGES))
def fleet(request: pytest.FixtureRequest, fleets: Mapping[str, FleetTemplates]) -> FleetTemplates:
    """The templates of each stage in turn."""
    return fleets[request.param]


@pytest.fixture(params=[name for name, stage in STAGES.items() if stage.alarm_notifications])
def notified_fleet(
    request: pytest.FixtureRequest, fleets: Mapping[str, FleetTemplates]
) -> FleetTemplates:
    """The templates of each stage whose alarms notify people."""
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
    """The metrics that the handlers of the whole fleet emit."""
    predict = {each for spec in catalogue().values() for each in predict_emissions(endpoint, spec)}
    watching = watch_emissions()
    # All models share the function's code; it runs on one of them here.
    others = {_of(model, each) for model in catalogue() for each in watching}
    return predict | watching | others | _of_classes(watching)


def _of_classes(watching: set[Emitted]) -> set[Emitted]:
    """The shares of classes by model, which the drift functions of multi-class models emit as well.

    That they do is tested in `contract/multiclass/test_drift.py`.
    """
    share, by_model = DriftMetric.CLASS_SHARE, Dimension.MODEL.value
    by_class = SPLIT_BY[share].value
    return {
        Emitted(namespace, share, frozenset({(by_model, model), (by_class, str(label))}))
        for namespace in {each.namespace for each in watching if each.name in list(DriftMetric)}
        for model, spec in catalogue().items()
        for label in spec.classes
    }


def _of(model: str, metric: Emitted) -> Emitted:
    renamed = dict(metric.dimensions) | {Dimension.MODEL.value: model}
    return metric._replace(dimensions=frozenset(renamed.items()))
