"""Limits of a client on the deployed local cloud: its own rate, its own quota, nobody else's."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from cli.cloud import Cloud
from modelfleet.resource_names import Output
from tests.e2e.conftest import MODEL

pytestmark = pytest.mark.e2e

Client = Callable[..., httpx.Client]


@pytest.fixture
def client(cloud: Cloud) -> Iterator[Client]:
    """Makes clients with a key and a usage plan of their own."""
    gateway = cloud.client("apigateway")
    stage = {"apiId": cloud.output(Output.API_ID), "stage": cloud.output(Output.API_STAGE)}
    made: list[tuple[str, str]] = []

    def make(**limits: Any) -> httpx.Client:
        key = gateway.create_api_key(name="limited", enabled=True)
        plan = gateway.create_usage_plan(name="limited", apiStages=[stage], **limits)
        made.append((plan["id"], key["id"]))
        gateway.create_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
        return httpx.Client(
            base_url=cloud.api_url, headers={"x-api-key": key["value"]}, timeout=60.0
        )

    yield make
    for plan, key in made:
        gateway.delete_usage_plan_key(usagePlanId=plan, keyId=key)
        gateway.delete_usage_plan(usagePlanId=plan)
        gateway.delete_api_key(apiKey=key)


@pytest.mark.parametrize(
    ("limits", "seconds"),
    [
        ({"throttle": {"rateLimit": 0.001, "burstLimit": 1}}, "1"),
        ({"quota": {"limit": 1, "period": "MONTH"}}, "3600"),
    ],
    ids=["rate", "quota"],
)
def test_a_client_past_its_limit_is_told_when_to_come_back(
    client: Client, http: httpx.Client, limits: dict[str, Any], seconds: str
) -> None:
    """It gets 429 with Retry-After and a problem document; another client does not notice."""
    with client(**limits) as limited:
        assert limited.get(f"/{MODEL}/health").status_code == httpx.codes.OK
        refused = limited.get(f"/{MODEL}/health")
    assert refused.status_code == httpx.codes.TOO_MANY_REQUESTS
    assert refused.headers["retry-after"] == seconds
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["status"] == refused.status_code
    assert refused.json()["request_id"]
    assert http.get(f"/{MODEL}/health").status_code == httpx.codes.OK
