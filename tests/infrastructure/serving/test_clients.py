"""Each client of the API has a key and limits of its own."""

import json

import pytest

from cdk.settings.clients import DEFAULT_CLIENT, read_clients
from cdk.settings.stage import StageError, Throttle
from cdk.settings.stages import DEV
from modelfleet.resource_names import Output, StackPart
from tests.infrastructure.templates import FleetTemplates

ACME = {"requests_per_second": 5, "burst": 10, "requests_per_month": 1000}


def test_there_is_one_client_by_default() -> None:
    """A stage has the client `default` with the stage's limits."""
    assert read_clients(DEV, None) == {DEFAULT_CLIENT: DEV.throttle}


@pytest.mark.parametrize("context", [{"acme": ACME}, json.dumps({"acme": ACME})])
def test_clients_are_declared_in_the_context(context: object) -> None:
    """They may be JSON, as on the command line, or an object, as in cdk.json."""
    expected = Throttle(requests_per_second=5, burst=10, requests_per_month=1000)
    assert read_clients(DEV, context) == {DEFAULT_CLIENT: DEV.throttle, "acme": expected}


def test_limits_default_to_the_stages() -> None:
    """A client may set just a quota; `default` may have limits too."""
    found = read_clients(DEV, {"acme": {}, DEFAULT_CLIENT: {"requests_per_month": 7}})
    assert found["acme"] == DEV.throttle
    assert found[DEFAULT_CLIENT].requests_per_month == 7
    assert found[DEFAULT_CLIENT].burst == DEV.throttle.burst


@pytest.mark.parametrize(
    ("context", "named"),
    [
        ("{", "not valid JSON"),
        ([], "clients: must be an object"),
        ({"acme": 7}, "clients.acme: must be an object"),
        ({"acme": {"per_day": 7}}, "clients.acme.per_day"),
        ({"acme": {"burst": "7"}}, "clients.acme.burst"),
        ({"acme": {"burst": True}}, "clients.acme.burst"),
        ({"acme": {"requests_per_month": 0}}, "clients.acme.requests_per_month"),
    ],
)
def test_an_invalid_declaration_names_client_and_field(context: object, named: str) -> None:
    """The message says which client and field are wrong."""
    with pytest.raises(StageError, match=named):
        read_clients(DEV, context)


def test_each_client_has_its_own_key_and_plan(customized: FleetTemplates) -> None:
    """A plan has one key, with that client's limits, for the deployed stage."""
    keys = customized.resources(StackPart.SERVING, "AWS::ApiGateway::ApiKey")
    plans = customized.resources(StackPart.SERVING, "AWS::ApiGateway::UsagePlan")
    links = customized.properties(StackPart.SERVING, "AWS::ApiGateway::UsagePlanKey")
    found = {
        keys[link["KeyId"]["Ref"]]["Properties"]["Name"]: plans[link["UsagePlanId"]["Ref"]]
        for link in links
    }
    assert set(found) == {"modelfleet-dev-key-default", "modelfleet-dev-key-acme"}
    acme = found["modelfleet-dev-key-acme"]["Properties"]
    assert acme["Throttle"] == {"RateLimit": 5, "BurstLimit": 10}
    assert acme["Quota"] == {"Limit": 1000, "Period": "MONTH"}
    assert len(acme["ApiStages"]) == 1
    assert len({plan["Properties"]["UsagePlanName"] for plan in plans.values()}) == 2


def test_the_command_calls_as_the_default_client(customized: FleetTemplates) -> None:
    """The stack outputs the key of `default`, whatever other clients there are."""
    said = customized.parts[StackPart.SERVING]["Outputs"][Output.API_KEY_ID]["Value"]["Ref"]
    key = customized.resources(StackPart.SERVING, "AWS::ApiGateway::ApiKey")[said]
    assert key["Properties"]["Name"] == "modelfleet-dev-key-default"
