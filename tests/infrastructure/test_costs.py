"""The estimate of the bill knows everything that is deployed, and idling stays cheap."""

from collections.abc import Mapping

from cdk.sized_fleet import sized
from cli.costs.deployed import Deployed
from cli.costs.estimate import PRICED, UNPRICED, estimate
from cli.costs.line import allowances
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
    assert {"API", "predict", "captures", "database", "monitoring", "retraining", "logs"} <= parts


def test_more_models_are_the_same_ones_anew() -> None:
    """A fleet of any size is made of the models there are, under names of their own."""
    models = catalogue()
    assert sized(models, len(models)) == models
    assert list(sized(models, 2)) == list(models)[:2]
    more = sized(models, 2 * len(models))
    assert [spec.name for spec in more.values()] == list(more)
    assert len(more) == 2 * len(models)


def _billed_idle(fleet: FleetTemplates) -> tuple[float, float]:
    """What idles in an account of its own, and what of it a setting of the stage chose."""
    lines = estimate(_deployed(fleet), Usage(predictions=0))
    idle = sum(line.idle_usd for line in lines) - allowances(lines, idle=True)
    return idle, sum(line.idle_usd for line in lines if line.chosen)


def test_a_stage_without_callers_costs_next_to_nothing(
    fleets: Mapping[str, FleetTemplates],
) -> None:
    """Dev, where nothing is paid for what it could do without, idles below 5 USD a month."""
    idle, chosen = _billed_idle(fleets["dev"])
    assert chosen == 0
    assert idle < 5


def test_what_is_told_and_kept_has_its_price(fleets: Mapping[str, FleetTemplates]) -> None:
    """Prod without firewall and snapshots idles below 5.50 USD, most of it for alarms."""
    idle, chosen = _billed_idle(fleets["prod"])
    assert idle - chosen < 5.5
    assert chosen < 25
