"""A new account has room for every stage.

Quotas: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html (new accounts have
less concurrency and memory than others), https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
(100 executions must stay unreserved). Those on numbers and sizes are in `quotas`.
"""

import json
from dataclasses import replace

import pytest

from cdk.sized_fleet import sized, write_templates
from modelfleet.catalogue import catalogue
from modelfleet.resource_names import StackPart, captures_function, predict_function
from tests.infrastructure.fleet.quotas import QUOTAS, Quota
from tests.infrastructure.templates import FleetTemplates, read_templates, synthesize
from tests.stages import PROD

NEW_ACCOUNT_MEMORY_MB = 3008
FUNCTION = "AWS::Lambda::Function"
LARGE = 200
# Stacks with resources of every model limit a fleet: docs/decisions/0052-quotas-of-a-large-fleet.md
_BY_MODEL = {StackPart.SERVING, StackPart.MONITORING, StackPart.DRIFT}
KNOWN = {
    "resources of a stack": _BY_MODEL,
    "bytes of a template": _BY_MODEL,
    # AWS raises it on request, and `fleet doctor` says by how much.
    "resources of an API": {StackPart.SERVING},
}


def test_no_stage_reserves_concurrency(fleet: FleetTemplates) -> None:
    """A new account has none to reserve; in an established one, that is its owner's decision."""
    assert fleet.stage.reserved_concurrency is None
    for part in fleet.parts:
        for function in fleet.properties(part, FUNCTION):
            assert "ReservedConcurrentExecutions" not in function
        for kind in ("AWS::Lambda::Alias", "AWS::Lambda::Version"):
            for each in fleet.properties(part, kind):
                assert "ProvisionedConcurrencyConfig" not in each


def test_a_deployment_may_reserve_concurrency(tmp_path_factory: pytest.TempPathFactory) -> None:
    """With the setting, each predict function reserves its share, and no other function does."""
    stage = replace(PROD, reserved_concurrency=20)
    fleet = synthesize(stage, tmp_path_factory.mktemp("reserved"))
    reserved = {
        name: function["ReservedConcurrentExecutions"]
        for name, function in fleet.functions().items()
        if "ReservedConcurrentExecutions" in function
    }
    assert reserved == {predict_function(stage.name, model): 20 for model in fleet.models}


def test_functions_fit_into_a_new_account(fleet: FleetTemplates) -> None:
    """No function needs more memory than a new account allows."""
    sizes = [f["MemorySize"] for f in fleet.functions().values()]
    assert max(sizes) <= NEW_ACCOUNT_MEMORY_MB


@pytest.mark.parametrize("quota", QUOTAS, ids=lambda quota: quota.name)
def test_every_stage_keeps_the_quotas(fleet: FleetTemplates, quota: Quota) -> None:
    """The repository's fleet fits into a new account."""
    assert quota.exceeded(fleet) == {}


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> FleetTemplates:
    """Prod with 200 models."""
    models, folder = sized(catalogue(), LARGE), tmp_path_factory.mktemp("large")
    write_templates(PROD, models, folder)
    return FleetTemplates(PROD, folder, read_templates(folder, PROD), (), tuple(models))


@pytest.mark.parametrize("quota", QUOTAS, ids=lambda quota: quota.name)
def test_a_large_fleet_keeps_the_quotas(large: FleetTemplates, quota: Quota) -> None:
    """200 models fit into the account, but for what is known to limit a fleet."""
    assert set(quota.exceeded(large)) == KNOWN.get(quota.name, set())


def test_policies_of_functions_do_not_grow_with_the_models(fleet: FleetTemplates) -> None:
    """One statement lets all log groups call the captures function."""
    by_logs = [
        permission
        for part in fleet.parts
        for permission in fleet.properties(part, "AWS::Lambda::Permission")
        if permission["Principal"] == "logs.amazonaws.com"
    ]
    (permission,) = by_logs
    pattern = f"/aws/lambda/{predict_function(fleet.stage.name, '*')}:*"
    assert pattern in json.dumps(permission["SourceArn"])
    assert captures_function(fleet.stage.name) in fleet.functions()
