"""The API asks for a key, and what it answers by itself is a problem document."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from cdk.stage import Packaging
from modelfleet.catalogue import catalogue
from modelfleet.domain.deployment import (
    METRICS_PATH,
    Output,
    StackPart,
    predict_function,
    pretraffic_function,
)
from modelfleet.settings import PredictSettings, PretrafficSettings, variable
from tests.infrastructure.templates import FleetTemplates, as_list, texts

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
    """A model's folder is all it takes to have a path, and what is below it."""
    methods = _methods(fleet)
    for model in catalogue():
        assert ("GET", f"/{model}") in methods
        assert ("ANY", f"/{model}/{{proxy+}}") in methods


def test_only_documentation_is_open_and_only_where_shown(fleet: FleetTemplates) -> None:
    """Without a key nothing answers but what documents, in local and dev."""
    opened = {key for key, method in _methods(fleet).items() if not method["ApiKeyRequired"]}
    shown = fleet.stage.name in ("local", "dev")
    expected = {("GET", f"/{model}/{path}") for model in catalogue() for path in OPEN}
    assert opened == (expected if shown else set())


def test_requests_go_to_the_alias(fleet: FleetTemplates) -> None:
    """The API calls the alias `live`, which deployments move; `/metrics` serves no model."""
    aliases = fleet.resources(StackPart.SERVING, "AWS::Lambda::Alias")
    assert {alias["Properties"]["Name"] for alias in aliases.values()} == {"live"}
    for path, method in _methods(fleet).items():
        if path != ("GET", f"/{METRICS_PATH}"):
            assert set(_references(method["Integration"]["Uri"])) & set(aliases)


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["Ref"]] if isinstance(value.get("Ref"), str) else []
        return own + [name for item in value.values() for name in _references(item)]
    return [name for item in value for name in _references(item)] if isinstance(value, list) else []


def test_predict_functions_are_told_their_settings_exactly(fleet: FleetTemplates) -> None:
    """The environment's keys are the settings' fields, no more and no less."""
    expected = {variable(name) for name in PredictSettings.__dataclass_fields__}
    for model in catalogue():
        function = fleet.functions()[predict_function(fleet.stage.name, model)]
        values = function["Environment"]["Variables"]
        assert set(values) == expected
        assert values[variable("model")] == model


def test_predict_functions_can_only_reach_their_own_model(fleet: FleetTemplates) -> None:
    """A predict function reads its own model's objects, and writes its own feedback alone."""
    for model in catalogue():
        statements = fleet.statements(StackPart.SERVING, predict_function(fleet.stage.name, model))
        allowed = {
            (action, below)
            for statement in statements
            for action in as_list(statement["Action"])
            for below in [t for t in texts(statement["Resource"]) if t.startswith("/")]
            or ["bucket"]
            if action.startswith("s3:")
        }
        read, feedback = (
            (f"/models/{model}/*", f"/releases/{model}.json"),
            f"/feedback/model={model}/*",
        )
        assert allowed == {
            ("s3:ListBucket", "bucket"),
            *(("s3:GetObject", below) for below in (*read, feedback)),
            *((f"s3:{action}", feedback) for action in ("PutObject", "AbortMultipartUpload")),
        }


def test_only_predict_functions_read_the_key_of_ids(fleet: FleetTemplates) -> None:
    """Exactly that secret, and nothing else of it; whoever has the key could make any id."""
    (key,) = (
        name
        for name, secret in fleet.resources(
            StackPart.STORAGE, "AWS::SecretsManager::Secret"
        ).items()
        if "GenerateSecretString" in secret["Properties"]
    )
    for model in catalogue():
        statements = fleet.statements(StackPart.SERVING, predict_function(fleet.stage.name, model))
        (reading,) = (s for s in statements if "secretsmanager" in json.dumps(s["Action"]))
        assert as_list(reading["Action"]) == ["secretsmanager:GetSecretValue"]
        assert key in json.dumps(reading["Resource"])
    others = set(fleet.texts) - {StackPart.STORAGE, StackPart.SERVING}
    assert [part for part in others if "secretsmanager" in fleet.texts[part]] == []


def test_a_function_is_as_large_as_its_model_asks(fleet: FleetTemplates) -> None:
    """Memory is the model's own, or the stage's minimum where that is more."""
    for model, spec in catalogue().items():
        function = fleet.functions()[predict_function(fleet.stage.name, model)]
        least = fleet.stage.serving_memory_mb_minimum
        assert function["MemorySize"] == max(spec.serving.memory_mb, least)


def test_snapshots_and_images_are_for_the_cloud(fleet: FleetTemplates) -> None:
    """In AWS predict runs as an image, with SnapStart where starts are worth its price."""
    image = fleet.stage.packaging is Packaging.IMAGE
    for model in catalogue():
        function = fleet.functions()[predict_function(fleet.stage.name, model)]
        assert ("ImageUri" in function["Code"]) is image
        assert ("SnapStart" in function) is (fleet.stage.name in ("staging", "prod"))


def _preflights(fleet: FleetTemplates) -> list[dict[str, Any]]:
    methods = fleet.properties(StackPart.SERVING, "AWS::ApiGateway::Method")
    return [method for method in methods if method["HttpMethod"] == "OPTIONS"]


def test_browsers_are_answered_where_the_stage_names_their_pages(fleet: FleetTemplates) -> None:
    """A preflight is answered by the gateway below every model, without a key, or not at all."""
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
    """A browser shows a page the gateway's own answers only where they name its origin."""
    for response in _gateway_responses(fleet).values():
        origin = response["ResponseParameters"].get(
            "gatewayresponse.header.Access-Control-Allow-Origin"
        )
        assert origin == ("'*'" if fleet.stage.allowed_origins else None)


@pytest.mark.parametrize(("kind", "seconds"), [("THROTTLED", "1"), ("QUOTA_EXCEEDED", "3600")])
def test_who_is_too_fast_is_told_when_to_come_back(
    fleet: FleetTemplates, kind: str, seconds: str
) -> None:
    """Both kinds of 429 say after how many seconds another try is worth it."""
    parameters = _gateway_responses(fleet)[kind]["ResponseParameters"]
    assert parameters["gatewayresponse.header.Retry-After"] == f"'{seconds}'"


def test_access_is_logged_without_persons(cloud_fleet: FleetTemplates) -> None:
    """In AWS each request is a line, with neither address nor agent nor a path's own values."""
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
def test_the_gateway_answers_in_problem_documents(
    fleet: FleetTemplates, kind: str, status: int
) -> None:
    """What never reaches a function is a problem document with its status and the request id."""
    response = _gateway_responses(fleet)[kind]
    document = json.loads(response["ResponseTemplates"]["application/json"])
    assert response["StatusCode"] == str(status)
    assert document["status"] == status
    assert document["request_id"] == "$context.requestId"
    assert {"type", "title", "detail"} <= set(document)


def test_every_gateway_response_is_a_problem_document(fleet: FleetTemplates) -> None:
    """Each response, the defaults included, is valid JSON of the problem content type."""
    responses = _gateway_responses(fleet)
    assert {"DEFAULT_4XX", "DEFAULT_5XX"} <= set(responses)
    for response in responses.values():
        assert json.loads(response["ResponseTemplates"]["application/json"])["title"]
        content_type = response["ResponseParameters"]["gatewayresponse.header.Content-Type"]
        assert content_type == "'application/problem+json'"


def _gateway_responses(fleet: FleetTemplates) -> dict[str, dict[str, Any]]:
    found = fleet.properties(StackPart.SERVING, "AWS::ApiGateway::GatewayResponse")
    return {response["ResponseType"]: response for response in found}


def test_the_key_is_throttled_and_never_said(fleet: FleetTemplates) -> None:
    """A usage plan limits the key, whose value no output and no template holds."""
    (plan,) = fleet.properties(StackPart.SERVING, "AWS::ApiGateway::UsagePlan")
    (key,) = fleet.properties(StackPart.SERVING, "AWS::ApiGateway::ApiKey")
    assert plan["Throttle"]["RateLimit"] == fleet.stage.throttle.requests_per_second
    assert "Value" not in key
    wanted = {Output.API_URL, Output.API_ID, Output.API_STAGE, Output.API_KEY_ID}
    assert set(fleet.parts[StackPart.SERVING]["Outputs"]) == wanted


def test_cloud_keys_have_a_quota(cloud_fleet: FleetTemplates) -> None:
    """In AWS a leaked key costs a bounded amount."""
    (plan,) = cloud_fleet.properties(StackPart.SERVING, "AWS::ApiGateway::UsagePlan")
    assert plan["Quota"]["Limit"] == cloud_fleet.stage.throttle.requests_per_month


def test_no_template_names_an_account(fleets: Mapping[str, FleetTemplates]) -> None:
    """Templates work in any account: no text holds twelve digits in an ARN's place."""
    for fleet in fleets.values():
        for template in fleet.parts.values():
            for text in texts(template):
                for field in text.split(":"):
                    assert not (len(field) == 12 and field.isdigit()), text


def test_new_code_takes_a_tenth_first(fleet: FleetTemplates) -> None:
    """In AWS CodeDeploy moves the alias, and back when the new version alone raises."""
    groups = fleet.properties(StackPart.SERVING, "AWS::CodeDeploy::DeploymentGroup")
    aliases = fleet.resources(StackPart.SERVING, "AWS::Lambda::Alias")
    if not fleet.stage.gradual_code:
        assert groups == []
        return
    assert len(groups) == len(catalogue())
    for group in groups:
        assert "Canary10Percent5Minutes" in str(group["DeploymentConfigName"])
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
        assert len(group["AlarmConfiguration"]["Alarms"]) == 1
    assert all("CodeDeployLambdaAliasUpdate" in a["UpdatePolicy"] for a in aliases.values())
    versions = set(fleet.resources(StackPart.SERVING, "AWS::Lambda::Version"))
    alarms = fleet.properties(StackPart.SERVING, "AWS::CloudWatch::Alarm")
    watched = [
        d["Value"] for a in alarms for d in a["Dimensions"] if d["Name"] == "ExecutedVersion"
    ]
    assert {value["Fn::GetAtt"][0] for value in watched} == versions


def test_new_code_is_tried_before_callers_reach_it(cloud_fleet: FleetTemplates) -> None:
    """CodeDeploy asks a function that is told the new version before the alias moves to it."""
    functions = cloud_fleet.resources(StackPart.SERVING, "AWS::Lambda::Function")
    versions = cloud_fleet.resources(StackPart.SERVING, "AWS::Lambda::Version")
    aliases = cloud_fleet.resources(StackPart.SERVING, "AWS::Lambda::Alias").values()
    expected = {variable(name) for name in PretrafficSettings.__dataclass_fields__}
    models = set()
    for alias in aliases:
        hook = alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]["BeforeAllowTrafficHook"]["Ref"]
        assert hook in alias["DependsOn"]
        told = functions[hook]["Properties"]["Environment"]["Variables"]
        assert set(told) == expected
        assert told[variable("version")] == alias["Properties"]["FunctionVersion"]
        assert told[variable("version")]["Fn::GetAtt"][0] in versions
        models.add(told[variable("model")])
    assert models == set(catalogue())


def test_who_tries_new_code_may_do_no_more(cloud_fleet: FleetTemplates) -> None:
    """It calls one predict function, reads one release pointer, answers one deployment group."""
    for model in catalogue():
        name = pretraffic_function(cloud_fleet.stage.name, model)
        rights = {
            action: json.dumps(statement["Resource"])
            for statement in cloud_fleet.statements(StackPart.SERVING, name)
            for action in as_list(statement["Action"])
            if not action.startswith(("logs:", "xray:"))
        }
        assert set(rights) == {
            "lambda:InvokeFunction",
            "codedeploy:PutLifecycleEventHookExecutionStatus",
            "s3:GetObject",
            "s3:ListBucket",
        }
        assert f"/releases/{model}.json" in rights["s3:GetObject"]
        assert model in rights["lambda:InvokeFunction"]
        assert f"{model}codeGroup" in rights["codedeploy:PutLifecycleEventHookExecutionStatus"]


def test_requests_are_traced_by_the_share_of_the_stage(fleet: FleetTemplates) -> None:
    """The gateway's own rule comes before X-Ray's, which traces all of a small fleet's requests."""
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


def test_a_firewall_is_where_the_stage_says(fleet: FleetTemplates) -> None:
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
        (counted,) = common["Statement"]["ManagedRuleGroupStatement"]["RuleActionOverrides"]
        assert counted["Name"] == "SizeRestrictions_BODY"
