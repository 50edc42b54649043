"""The clients of a deployed API, read from API Gateway."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cli.cloud import Cloud
from modelfleet.outcomes.reporters import permitted_keys
from modelfleet.resource_names import Output, Resource, resource_name


@dataclass(frozen=True, kw_only=True)
class Client:
    """A client with its key's ID, its limits, and whether it may report outcomes.

    A limit is `None` if the client's usage plan has none.
    """

    name: str
    key_id: str
    requests_per_second: float | None
    burst: int | None
    requests_per_month: int | None
    report_outcomes: bool


def deployed_clients(cloud: Cloud) -> list[Client]:
    """Return the clients of a stage by name."""
    gateway = cloud.client("apigateway")
    api, stage = cloud.output(Output.API_ID), cloud.output(Output.API_STAGE)
    described = gateway.get_stage(restApiId=api, stageName=stage)
    permitted = permitted_keys(described.get("variables"))
    found = []
    for plan in _pages(gateway.get_usage_plans):
        if any(each.get("apiId") == api for each in plan.get("apiStages", [])):
            for key in _pages(gateway.get_usage_plan_keys, usagePlanId=plan["id"]):
                found.append(_client(cloud, plan, key["id"], key["id"] in permitted))
    return sorted(found, key=lambda client: client.name)


def _pages(call: Any, **parameters: Any) -> Iterator[dict[str, Any]]:
    """Yield the items of all pages of an answer."""
    position: str | None = None
    while True:
        page = call(**parameters, limit=500, **({"position": position} if position else {}))
        yield from page.get("items", [])
        position = page.get("position")
        if not position:
            return


def _client(cloud: Cloud, plan: dict[str, Any], key_id: str, permitted: bool) -> Client:
    prefix = resource_name(cloud.stage, Resource.USAGE_PLAN, "")
    throttle, quota = plan.get("throttle") or {}, plan.get("quota") or {}
    return Client(
        name=plan["name"].removeprefix(prefix),
        key_id=key_id,
        requests_per_second=throttle.get("rateLimit"),
        burst=throttle.get("burstLimit"),
        requests_per_month=quota.get("limit"),
        report_outcomes=permitted,
    )
