"""A new account has room for every stage.

Quotas: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html (new accounts have
less concurrency and memory than others), https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
(100 executions must stay unreserved), https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

import json
from collections import Counter
from dataclasses import replace

import pytest

from modelfleet.resource_names import captures_function, predict_function
from tests.infrastructure.templates import FleetTemplates, synthesize
from tests.stages import PROD

NEW_ACCOUNT_MEMORY_MB = 3008
INLINE_POLICY_CHARACTERS = 10_240
# A statement takes some 400 bytes of the 20 KB of a function's policy.
STATEMENTS_MAXIMUM = 40
FUNCTION = "AWS::Lambda::Function"


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


def test_policies_of_roles_are_short_enough(fleet: FleetTemplates) -> None:
    """The inline policies of a role together stay below IAM's limit."""
    sizes: Counter[str] = Counter()
    for part in fleet.parts:
        for policy in fleet.properties(part, "AWS::IAM::Policy"):
            text = json.dumps(policy["PolicyDocument"], separators=(",", ":"))
            for role in policy["Roles"]:
                sizes[f"{part}/{role['Ref']}"] += len(text)
    assert max(sizes.values()) < INLINE_POLICY_CHARACTERS


def test_policies_of_functions_do_not_grow_with_the_models(fleet: FleetTemplates) -> None:
    """One statement lets all log groups call the captures function."""
    callers: Counter[str] = Counter()
    for part in fleet.parts:
        for permission in fleet.properties(part, "AWS::Lambda::Permission"):
            callers[json.dumps(permission["FunctionName"])] += 1
            if permission["Principal"] == "logs.amazonaws.com":
                pattern = json.dumps(permission["SourceArn"])
                assert f"/aws/lambda/{predict_function(fleet.stage.name, '*')}:*" in pattern
    assert max(callers.values()) < STATEMENTS_MAXIMUM
    by_logs = [
        permission
        for part in fleet.parts
        for permission in fleet.properties(part, "AWS::Lambda::Permission")
        if permission["Principal"] == "logs.amazonaws.com"
    ]
    assert len(by_logs) == 1
    assert captures_function(fleet.stage.name) in fleet.functions()
