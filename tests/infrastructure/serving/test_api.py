"""The API requires a key, and refuses requests with problem documents."""

import json
from typing import Any

import pytest

from modelfleet.catalogue import catalogue
from modelfleet.resource_names import CONSOLE_PATH, METRICS_PATH, Output, StackPart
from tests.infrastructure.templates import FleetTemplates

OPEN = {"docs", "docs/{file}", "openapi.json", "card"}


def _paths(fleet: FleetTemplates) -> dict[str, str]:
    resources = fleet.resources(StackPart.SERVING, "AWS::ApiGateway::Resource")

    def path(name: str) -> str:
        parent = resources[name]["Properties"]["ParentId"].get("Ref")
        above = path(parent) if parent in resources else ""
        return f"{above}/{resources[name]['Properties']['PathPart']}"

    return {name: path(name) for name in resources}


def _methods(fleet: FleetTemplates) -> dict[tuple[str, str], dict[str, Any]]:
    paths = _paths(fleet)
    return {
        (method["HttpMethod"], paths[method["ResourceId"]["Ref"]]): method
        for method in fleet.properties(StackPart.SERVING, "AWS::ApiGateway::Method")
        if method["HttpMethod"] != "OPTIONS"
    }


def test_every_model_has_its_path(fleet: FleetTemplates) -> None:
    """A model's folder is enough for a path, with everything below it."""
    methods = _methods(fleet)
    for model in catalogue():
        assert ("GET", f"/{model}") in methods
        assert ("ANY", f"/{model}/{{proxy+}}") in methods


def test_only_documentation_needs_no_key(fleet: FleetTemplates) -> None:
    """Without a key only the console is served and, in local and dev, documentation."""
    opened = {key for key, method in _methods(fleet).items() if not method["ApiKeyRequired"]}
    shown = fleet.stage.name in ("local", "dev")
    expected = {("GET", f"/{model}/{path}") for model in catalogue() for path in OPEN}
    console = {("ANY", f"/{CONSOLE_PATH}"), ("ANY", f"/{CONSOLE_PATH}/{{proxy+}}")}
    assert opened == console | (expected if shown else set())


def test_requests_go_to_the_alias(fleet: FleetTemplates) -> None:
    """The API calls the alias `live`, which deployments move, for all models."""
    aliases = fleet.resources(StackPart.SERVING, "AWS::Lambda::Alias")
    assert {alias["Properties"]["Name"] for alias in aliases.values()} == {"live"}
    for (_, path), method in _methods(fleet).items():
        if path.split("/")[1] not in (METRICS_PATH, CONSOLE_PATH):
            assert set(_references(method["Integration"]["Uri"])) & set(aliases)


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["Ref"]] if isinstance(value.get("Ref"), str) else []
        return own + [name for item in value.values() for name in _references(item)]
    return [name for item in value for name in _references(item)] if isinstance(value, list) else []


def _preflights(fleet: FleetTemplates) -> list[dict[str, Any]]:
    methods = fleet.properties(StackPart.SERVING, "AWS::ApiGateway::Method")
    return [method for method in methods if method["HttpMethod"] == "OPTIONS"]


def test_preflights_are_answered_for_allowed_origins(fleet: FleetTemplates) -> None:
    """The gateway answers them below every model without a key, or not at all."""
    found = _preflights(fleet)
    if not fleet.stage.allowed_origins:
        assert found == []
        return
    assert len(found) > 2 * len(catalogue())
    for method in found:
        (response,) = method["Integration"]["IntegrationResponses"]
        headers = response["ResponseParameters"]
        assert headers["method.response.header.Access-Control-Allow-Origin"] == "'*'"
        assert "x-api-key" in headers["method.response.header.Access-Control-Allow-Headers"]
        assert (method["Integration"]["Type"], method["ApiKeyRequired"]) == ("MOCK", False)


def test_a_refusal_reaches_the_page_that_called(fleet: FleetTemplates) -> None:
    """A browser shows the gateway's own responses to a page only if they allow its origin."""
    for response in _gateway_responses(fleet).values():
        origin = response["ResponseParameters"].get(
            "gatewayresponse.header.Access-Control-Allow-Origin"
        )
        assert origin == ("'*'" if fleet.stage.allowed_origins else None)


@pytest.mark.parametrize(("kind", "seconds"), [("THROTTLED", "1"), ("QUOTA_EXCEEDED", "3600")])
def test_throttled_requests_say_when_to_retry(
    fleet: FleetTemplates, kind: str, seconds: str
) -> None:
    """Both kinds of 429 have a Retry-After header."""
    parameters = _gateway_responses(fleet)[kind]["ResponseParameters"]
    assert parameters["gatewayresponse.header.Retry-After"] == f"'{seconds}'"


def test_access_logs_are_not_personal(cloud_fleet: FleetTemplates) -> None:
    """In AWS each request is logged, without address, user agent or values in its path."""
    (stage,) = cloud_fleet.properties(StackPart.SERVING, "AWS::ApiGateway::Stage")
    line = json.loads(stage["AccessLogSetting"]["Format"])
    assert {"request_id", "status", "api_key_id"} <= set(line)
    for value in line.values():
        for private in ("sourceIp", "userAgent", "context.path", "caller", "user", "authorizer"):
            assert private not in value


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("MISSING_AUTHENTICATION_TOKEN", 404),
        ("INVALID_API_KEY", 403),
        ("REQUEST_TOO_LARGE", 413),
        ("THROTTLED", 429),
        ("QUOTA_EXCEEDED", 429),
    ],
)
def test_refusals_are_problem_documents(fleet: FleetTemplates, kind: str, status: int) -> None:
    """A refused request gets a problem document with its status and the request ID."""
    response = _gateway_responses(fleet)[kind]
    document = json.loads(response["ResponseTemplates"]["application/json"])
    assert response["StatusCode"] == str(status)
    assert document["status"] == status
    assert document["request_id"] == "$context.requestId"
    assert {"type", "title", "detail"} <= set(document)


def test_every_gateway_response_is_a_problem_document(fleet: FleetTemplates) -> None:
    """Each response, including defaults, is valid JSON with the content type of problems."""
    responses = _gateway_responses(fleet)
    assert {"DEFAULT_4XX", "DEFAULT_5XX"} <= set(responses)
    for response in responses.values():
        assert json.loads(response["ResponseTemplates"]["application/json"])["title"]
        content_type = response["ResponseParameters"]["gatewayresponse.header.Content-Type"]
        assert content_type == "'application/problem+json'"


def _gateway_responses(fleet: FleetTemplates) -> dict[str, dict[str, Any]]:
    found = fleet.properties(StackPart.SERVING, "AWS::ApiGateway::GatewayResponse")
    return {response["ResponseType"]: response for response in found}


def test_the_key_is_throttled_and_secret(fleet: FleetTemplates) -> None:
    """A usage plan limits the key, whose value is in no output and no template."""
    (plan,) = fleet.properties(StackPart.SERVING, "AWS::ApiGateway::UsagePlan")
    (key,) = fleet.properties(StackPart.SERVING, "AWS::ApiGateway::ApiKey")
    assert plan["Throttle"]["RateLimit"] == fleet.stage.throttle.requests_per_second
    assert "Value" not in key
    wanted = {Output.API_URL, Output.API_ID, Output.API_STAGE, Output.API_KEY_ID}
    wanted.add(Output.CONSOLE_URL)
    assert set(fleet.parts[StackPart.SERVING]["Outputs"]) == wanted


def test_cloud_keys_have_a_quota(cloud_fleet: FleetTemplates) -> None:
    """In AWS a leaked key has a limited cost."""
    (plan,) = cloud_fleet.properties(StackPart.SERVING, "AWS::ApiGateway::UsagePlan")
    assert plan["Quota"]["Limit"] == cloud_fleet.stage.throttle.requests_per_month


def test_the_stages_share_of_requests_is_traced(fleet: FleetTemplates) -> None:
    """The rule comes before X-Ray's default, which traces all requests of a small fleet."""
    rules = fleet.properties(StackPart.SERVING, "AWS::XRay::SamplingRule")
    if not fleet.stage.tracing:
        assert rules == []
        return
    (rule,) = [each["SamplingRule"] for each in rules]
    (api,) = fleet.properties(StackPart.SERVING, "AWS::ApiGateway::RestApi")
    (stage,) = fleet.properties(StackPart.SERVING, "AWS::ApiGateway::Stage")
    assert stage["TracingEnabled"] is True
    assert rule["ServiceName"] == f"{api['Name']}/{stage['StageName']}"
    assert (rule["FixedRate"], rule["ReservoirSize"]) == (fleet.stage.traced_share, 0)
    assert len(rule["RuleName"]) <= 32


def test_the_firewall_is_deployed_where_configured(fleet: FleetTemplates) -> None:
    """The web ACL blocks floods and known attacks, and lets a large batch pass."""
    found = fleet.properties(StackPart.SERVING, "AWS::WAFv2::WebACL")
    limit = fleet.stage.requests_per_address
    assert (
        len(found)
        == len(fleet.resources(StackPart.SERVING, "AWS::WAFv2::WebACLAssociation"))
        == (0 if limit is None else 1)
    )
    for acl in found:
        flood, common, _bad = acl["Rules"]
        assert flood["Statement"]["RateBasedStatement"]["Limit"] == limit
        assert "Block" in flood["Action"]
        counted = common["Statement"]["ManagedRuleGroupStatement"]["RuleActionOverrides"]
        assert {each["Name"] for each in counted} == {
            "SizeRestrictions_BODY",
            "NoUserAgent_HEADER",
            "CrossSiteScripting_BODY",
        }
