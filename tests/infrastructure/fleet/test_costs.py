"""The cost estimate covers every deployed resource, and an idle stage stays cheap."""

from collections.abc import Mapping

from cdk.sized_fleet import sized
from cli.costs.estimate import PRICED, UNPRICED, estimate
from cli.costs.line import allowances
from cli.costs.usage import Usage
from cli.templates import Deployed
from modelfleet.catalogue import catalogue
from tests.infrastructure.templates import FleetTemplates


def _deployed(fleet: FleetTemplates) -> Deployed:
    return Deployed(fleet.stage.name, len(catalogue()), fleet.parts)


def test_every_resource_is_priced_or_known_to_be_free(cloud_fleet: FleetTemplates) -> None:
    """No type of resource is deployed without a look at its price."""
    kinds = {r["Type"] for part in cloud_fleet.parts.values() for r in part["Resources"].values()}
    assert kinds - PRICED - UNPRICED == set()
    assert set() == PRICED & UNPRICED


def test_the_firewall_costs_only_where_it_is_deployed(cloud_fleet: FleetTemplates) -> None:
    """A stage with a web ACL has its cost lines, and a stage without has none."""
    lines = estimate(_deployed(cloud_fleet), Usage(predictions=1e6))
    parts = {line.part for line in lines}
    assert ("firewall" in parts) is (cloud_fleet.stage.requests_per_address is not None)
    assert {"API", "predict", "captures", "database", "monitoring", "retraining", "logs"} <= parts


def test_a_larger_fleet_repeats_its_models() -> None:
    """A fleet of any size consists of the existing models under unique names."""
    models = catalogue()
    assert sized(models, len(models)) == models
    assert list(sized(models, 2)) == list(models)[:2]
    more = sized(models, 2 * len(models))
    assert [spec.name for spec in more.values()] == list(more)
    assert len(more) == 2 * len(models)


def _billed_idle(fleet: FleetTemplates) -> tuple[float, float]:
    """The idle cost of a stage in its own account, and the part that its settings opted into."""
    lines = estimate(_deployed(fleet), Usage(predictions=0))
    idle = sum(line.idle_usd for line in lines) - allowances(lines, idle=True)
    return idle, sum(line.idle_usd for line in lines if line.chosen)


def test_an_idle_dev_stage_costs_under_five_dollars(
    fleets: Mapping[str, FleetTemplates],
) -> None:
    """Dev, which pays for no optional features, costs less than 5 USD a month when idle."""
    idle, chosen = _billed_idle(fleets["dev"])
    assert chosen == 0
    assert idle < 5


def test_an_idle_prod_stage_costs_little_more(fleets: Mapping[str, FleetTemplates]) -> None:
    """Prod without firewall and snapshots idles below 2 USD and 1 USD per model, for alarms."""
    fleet = fleets["prod"]
    idle, chosen = _billed_idle(fleet)
    models = len(fleet.models)
    assert idle - chosen < 2 + models
    # Snapshots are each model's, the firewall is the stage's.
    assert chosen < 9 + 4 * models
