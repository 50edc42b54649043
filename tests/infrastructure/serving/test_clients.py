"""Each client of the API has a key and limits of its own."""

from dataclasses import replace

from cdk.settings.clients import DEFAULT_CLIENT, ClientSettings
from cdk.settings.files import read_stage, stage_names
from modelfleet.outcomes.reporters import stage_variable
from modelfleet.resource_names import Output, StackPart
from tests.infrastructure.templates import FleetTemplates
from tests.stages import DEV


def test_there_is_one_client_by_default() -> None:
    """A stage has the client `default` with the stage's limits."""
    assert DEV.client_limits == {DEFAULT_CLIENT: DEV.throttle}


def test_limits_default_to_the_stages() -> None:
    """A client may set just a quota; `default` may have limits too."""
    clients = {"acme": ClientSettings(), DEFAULT_CLIENT: ClientSettings(requests_per_month=7)}
    found = replace(DEV, clients=clients).client_limits
    assert found["acme"] == DEV.throttle
    assert found[DEFAULT_CLIENT] == replace(DEV.throttle, requests_per_month=7)


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


def test_stages_permit_the_command_to_report_outcomes_only_where_callers_are_simulated() -> None:
    """Outcomes decide about models, so no client of staging and prod reports any by default."""
    found = {name: read_stage(name).reporting_clients for name in stage_names()}
    assert found == {
        "local": (DEFAULT_CLIENT,),
        "dev": (DEFAULT_CLIENT,),
        "staging": (),
        "prod": (),
    }


def test_the_stage_names_the_keys_that_may_report(customized: FleetTemplates) -> None:
    """The functions get the IDs of these keys, and no others, from the API's stage."""
    keys = customized.resources(StackPart.SERVING, "AWS::ApiGateway::ApiKey")
    (deployed,) = customized.properties(StackPart.SERVING, "AWS::ApiGateway::Stage")
    ((name, value),) = deployed["Variables"].items()
    assert name == stage_variable("acme")
    assert keys[value["Ref"]]["Properties"]["Name"] == "modelfleet-dev-key-acme"


def test_the_command_calls_as_the_default_client(customized: FleetTemplates) -> None:
    """The stack outputs the key of `default`, whatever other clients there are."""
    said = customized.parts[StackPart.SERVING]["Outputs"][Output.API_KEY_ID]["Value"]["Ref"]
    key = customized.resources(StackPart.SERVING, "AWS::ApiGateway::ApiKey")[said]
    assert key["Properties"]["Name"] == "modelfleet-dev-key-default"
