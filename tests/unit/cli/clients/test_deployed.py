"""The clients of a deployed API are read from API Gateway."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import boto3
import pytest
from moto import mock_aws

from cli.clients.deployed import Client, deployed_clients
from cli.cloud import Cloud, Stage
from modelfleet.outcomes.reporters import stage_variable
from modelfleet.resource_names import Output


def deployed(gateway: Any) -> dict[str, str]:
    """An API with a stage, and the names that a stack's outputs have for them."""
    api = gateway.create_rest_api(name="api")["id"]
    root = gateway.get_resources(restApiId=api)["items"][0]["id"]
    method = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
    gateway.put_method(**method, authorizationType="NONE")
    gateway.put_integration(**method, type="MOCK")
    gateway.create_deployment(restApiId=api, stageName="dev")
    return {Output.API_ID: api, Output.API_STAGE: "dev"}


def add_client(gateway: Any, api: str, name: str, **limits: Any) -> str:
    """A client as the stack makes it; returns the ID of its key."""
    key = gateway.create_api_key(name=f"modelfleet-dev-key-{name}", enabled=True)["id"]
    stages = [{"apiId": api, "stage": "dev"}]
    plan = gateway.create_usage_plan(
        name=f"modelfleet-dev-plan-{name}", apiStages=stages, **limits
    )["id"]
    gateway.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY")
    return str(key)


@pytest.fixture
def gateway() -> Iterator[Any]:
    """A client of API Gateway."""
    with mock_aws():
        yield boto3.client("apigateway", region_name="us-east-1")


def test_limits_and_permissions_of_each_client(gateway: Any) -> None:
    """By name, without the clients of other APIs of the account."""
    outputs, others = deployed(gateway), deployed(gateway)
    api = outputs[Output.API_ID]
    acme = add_client(
        gateway,
        api,
        "acme",
        throttle={"rateLimit": 5.0, "burstLimit": 10},
        quota={"limit": 1000, "period": "MONTH"},
    )
    plain = add_client(gateway, api, "a-plain-one")
    add_client(gateway, others[Output.API_ID], "foreign")
    permitted = {"op": "replace", "path": f"/variables/{stage_variable('acme')}", "value": acme}
    gateway.update_stage(restApiId=api, stageName="dev", patchOperations=[permitted])
    cloud = SimpleNamespace(
        stage=Stage.DEV, client=lambda _: gateway, output=lambda name: outputs[name]
    )
    assert deployed_clients(cast(Cloud, cloud)) == [
        Client(
            name="a-plain-one",
            key_id=plain,
            requests_per_second=None,
            burst=None,
            requests_per_month=None,
            report_outcomes=False,
        ),
        Client(
            name="acme",
            key_id=acme,
            requests_per_second=5.0,
            burst=10,
            requests_per_month=1000,
            report_outcomes=True,
        ),
    ]
