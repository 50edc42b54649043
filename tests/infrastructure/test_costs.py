"""The estimate of the bill knows everything that is deployed, and idling stays cheap."""

from cdk.sized_fleet import sized
from cli.costs.deployed import Deployed
from cli.costs.estimate import PRICED, UNPRICED, estimate
from cli.costs.usage import Usage
from models.catalogue import catalogue
from tests.infrastructure.templates import FleetTemplates


def _deployed(fleet: FleetTemplates) -> Deployed:
    return Deployed(fleet.stage.name, len(catalogue()), fleet.parts)


def test_every_resource_is_priced_or_known_to_be_free(cloud_fleet: FleetTemplates) -> None:
    """A kind of resource that nobody has looked the price up for is not deployed."""
    kinds = {r["Type"] for part in cloud_fleet.parts.values() for r in part["Resources"].values()}
    assert kinds - PRICED - UNPRICED == set()
    assert set() == PRICED & UNPRICED


def test_the_firewall_is_paid_for_where_it_is(cloud_fleet: FleetTemplates) -> None:
    """A stage with a web ACL has its lines, and one without has none."""
    lines = estimate(_deployed(cloud_fleet), Usage(predictions=1e6))
    parts = {line.part for line in lines}
    assert ("firewall" in parts) is (cloud_fleet.stage.requests_per_address is not None)
    assert {"API", "predict", "captures", "database", "watching", "retraining", "logs"} <= parts


def test_more_models_are_the_same_ones_anew() -> None:
    """A fleet of any size is made of the models there are, under names of their own."""
    models = catalogue()
    assert sized(models, len(models)) == models
    assert list(sized(models, 2)) == list(models)[:2]
    more = sized(models, 2 * len(models))
    assert [spec.name for spec in more.values()] == list(more)
    assert len(more) == 2 * len(models)
