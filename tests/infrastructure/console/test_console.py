"""The user pool, the console's client and function, and its place in the API."""

from typing import Any

import pytest

from modelfleet.catalogue import names
from modelfleet.console.access.role import Role
from modelfleet.resource_names import StackPart, console_function, predict_function
from modelfleet.settings import ConsoleSettings, variable
from tests.infrastructure.templates import ENGINE, FleetTemplates, as_list, joined

STORAGE, SERVING = StackPart.STORAGE, StackPart.SERVING


def _only(fleet: FleetTemplates, part: StackPart, kind: str) -> dict[str, Any]:
    (found,) = fleet.properties(part, kind)
    return found


def test_nobody_can_sign_up(fleet: FleetTemplates) -> None:
    """Administrators add people, whose passwords are long."""
    pool = _only(fleet, STORAGE, "AWS::Cognito::UserPool")
    assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] >= 12


def test_people_need_a_second_factor_in_aws(fleet: FleetTemplates) -> None:
    """The local engine's sign-in pages ask for none."""
    pool = _only(fleet, STORAGE, "AWS::Cognito::UserPool")
    is_local = fleet.stage.name == "local"
    assert pool["MfaConfiguration"] == ("OFF" if is_local else "ON")
    if not is_local:
        assert pool["EnabledMfas"] == ["SOFTWARE_TOKEN_MFA"]


def test_each_role_is_a_group(fleet: FleetTemplates) -> None:
    """The console reads roles from the groups in a token."""
    groups = fleet.properties(STORAGE, "AWS::Cognito::UserPoolGroup")
    assert {group["GroupName"] for group in groups} == {role.value for role in Role}


def test_codes_are_sent_to_the_console_only(fleet: FleetTemplates) -> None:
    """The client has no secret and no other flow, and its addresses are those of the function."""
    client = _only(fleet, SERVING, "AWS::Cognito::UserPoolClient")
    assert client["AllowedOAuthFlows"] == ["code"]
    assert client["GenerateSecret"] is False
    assert client["PreventUserExistenceErrors"] == "ENABLED"
    url = joined(_environment(fleet)["console_url"])
    assert [joined(each) for each in client["CallbackURLs"]] == [f"{url}/signed-in"]
    assert [joined(each) for each in client["LogoutURLs"]] == [f"{url}/signed-out"]
    assert url.endswith(f"/{fleet.stage.name}/console")
    assert url.startswith(ENGINE if fleet.stage.name == "local" else "https://")


def test_links_sign_in_only_locally(fleet: FleetTemplates) -> None:
    """Stages in AWS have no such route."""
    assert _environment(fleet)["sign_in_links"] == str(fleet.stage.name == "local").lower()


def _environment(fleet: FleetTemplates) -> dict[str, Any]:
    found = fleet.functions()[console_function(fleet.stage.name)]["Environment"]["Variables"]
    names = ConsoleSettings.__dataclass_fields__
    return {name: found[variable(name)] for name in names}


def test_the_console_is_behind_the_api_without_a_key(fleet: FleetTemplates) -> None:
    """It signs people in by itself, at every path below its own."""
    resources = fleet.resources(SERVING, "AWS::ApiGateway::Resource")
    (root,) = [
        name for name, each in resources.items() if each["Properties"]["PathPart"] == "console"
    ]
    (rest,) = [
        name for name, each in resources.items() if each["Properties"]["ParentId"] == {"Ref": root}
    ]
    methods = [
        each
        for each in fleet.properties(SERVING, "AWS::ApiGateway::Method")
        if each["ResourceId"] in ({"Ref": root}, {"Ref": rest}) and each["HttpMethod"] != "OPTIONS"
    ]
    assert [(each["HttpMethod"], each["ApiKeyRequired"]) for each in methods] == [
        ("ANY", False),
        ("ANY", False),
    ]


@pytest.mark.parametrize(
    "action", ["s3:DeleteObject", "s3:DeleteObjectVersion", "cognito-idp:", "iam:", "sns:"]
)
def test_the_role_of_the_console_may_not(fleet: FleetTemplates, action: str) -> None:
    """It deletes nothing, and manages no people."""
    statements = fleet.statements(SERVING, console_function(fleet.stage.name))
    assert not [
        each
        for statement in statements
        for each in as_list(statement["Action"])
        if each.startswith(action)
    ]


def test_the_console_starts_what_the_command_line_does(fleet: FleetTemplates) -> None:
    """It may ask the release function, start a retraining, and call the models that people try."""
    name = fleet.stage.name
    calls = {
        (
            action,
            joined(resource).rpartition("function:" if action.startswith("lambda:") else ":")[2],
        )
        for statement in fleet.statements(SERVING, console_function(name))
        for action in as_list(statement["Action"])
        if action.startswith(("lambda:", "states:"))
        for resource in as_list(statement["Resource"])
    }
    assert calls == {
        ("lambda:InvokeFunction", fleet.stage.resource("release")),
        ("states:StartExecution", fleet.stage.resource("retraining")),
        *(("lambda:InvokeFunction", f"{predict_function(name, model)}:live") for model in names()),
    }


def test_the_console_writes_only_its_own_objects(fleet: FleetTemplates) -> None:
    """Audit records, ended sessions, and drift states with their alerts; no release pointer."""
    written = {
        joined(resource).partition("/")[2]
        for statement in fleet.statements(SERVING, console_function(fleet.stage.name))
        if "s3:PutObject" in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }
    assert written == {"audit/*", "console/ended.json", "drift/*"}
