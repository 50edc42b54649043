"""The functions behind the retraining machine: settings, permissions and packaging."""

import json
from typing import Any

import pytest

from modelfleet.resource_names import Output, StackPart, predict_function
from modelfleet.settings import ReleaseSettings, Settings, TrainSettings, variable
from tests.infrastructure.templates import DATABASE_TLS, FleetTemplates, as_list, joined, texts


@pytest.mark.parametrize(
    ("unit", "settings"), [("train", TrainSettings), ("release", ReleaseSettings)]
)
def test_environments_match_the_settings(
    fleet: FleetTemplates, unit: str, settings: type[Settings]
) -> None:
    """The environment's keys are exactly the fields of the settings."""
    values = fleet.functions()[fleet.stage.resource(unit)]["Environment"]["Variables"]
    assert set(values) == {variable(name) for name in settings.__dataclass_fields__}


def test_the_database_needs_no_password(cloud_fleet: FleetTemplates) -> None:
    """In AWS the train function gets an address without password, and generates IAM tokens."""
    values = cloud_fleet.functions()[cloud_fleet.stage.resource("train")]["Environment"]
    uri = joined(values["Variables"][variable("tracking_uri")])
    assert uri == f"postgresql+psycopg://mlflow@<reference>:5432/mlflow?{DATABASE_TLS}"
    assert values["Variables"][variable("database_iam_authentication")] == "true"
    assert "rds-db:connect" in _actions(cloud_fleet, "train")


def test_only_functions_that_need_the_database_are_in_the_network(
    cloud_fleet: FleetTemplates,
) -> None:
    """The train and schema functions are in the isolated subnets, and no others."""
    inside = {name for name, value in cloud_fleet.functions().items() if "VpcConfig" in value}
    assert inside == {cloud_fleet.stage.resource(name) for name in ("train", "schema")}


def test_train_cannot_move_a_release(fleet: FleetTemplates) -> None:
    """The train function writes candidates and versions, and can only read pointers."""
    written = _prefixes(fleet, "train", "s3:PutObject")
    lake = {"/datasets/*", "/quarantine/*"}
    assert written == {"/staging/*", "/models/*", "/mlflow/*", "/aliases/*", *lake}
    assert "/releases/*" in _prefixes(fleet, "train", "s3:GetObject")


def test_release_cannot_change_bundles(fleet: FleetTemplates) -> None:
    """The release function writes pointers, locks, approvals and history, and no bundle."""
    written = _prefixes(fleet, "release", "s3:PutObject")
    approvals = {"/approvals/*", "/approval-tokens/*"}
    progress = {"/summaries/*/release.json"}
    assert written == {"/releases/*", "/locks/*", "/history/*", "/trained/*"} | approvals | progress


def test_only_the_release_function_reads_tokens(fleet: FleetTemplates) -> None:
    """A token lets a waiting execution continue, and only that machine's tasks take answers."""
    readers = {
        (part, name)
        for part in fleet.parts
        for name, policy in fleet.resources(part, "AWS::IAM::Policy").items()
        if "approval-tokens" in json.dumps(policy)
    }
    assert len(readers) == 1
    assert "/approval-tokens/*" in _prefixes(fleet, "release", "s3:GetObject")
    (answers,) = [
        joined(as_list(statement["Resource"])[0])
        for statement in _statements(fleet, "release")
        if "states:SendTaskSuccess" in as_list(statement["Action"])
    ]
    assert answers.endswith(f":stateMachine:{fleet.stage.resource('retraining')}")


def test_release_calls_predict_functions_only_by_alias(fleet: FleetTemplates) -> None:
    """It may test any model's versions where callers reach them, and call nothing else."""
    (calls,) = [
        as_list(statement["Resource"])
        for statement in _statements(fleet, "release")
        if as_list(statement["Action"]) == ["lambda:InvokeFunction"]
    ]
    named = {joined(arn).rpartition(":function:")[2] for arn in calls}
    assert named == {f"{predict_function(fleet.stage.name, '*')}:live"}


@pytest.mark.parametrize("unit", ["train", "release"])
def test_no_action_is_a_wildcard(fleet: FleetTemplates, unit: str) -> None:
    """Every allowed action is exact, and no function may delete an object."""
    actions = _actions(fleet, unit)
    assert "s3:GetObject" in actions
    assert not [action for action in actions if "*" in action]
    assert not [action for action in actions if action.startswith("s3:Delete")]


def _statements(fleet: FleetTemplates, unit: str) -> list[dict[str, Any]]:
    return fleet.statements(StackPart.RETRAINING, fleet.stage.resource(unit))


def _actions(fleet: FleetTemplates, unit: str) -> set[str]:
    return {action for s in _statements(fleet, unit) for action in as_list(s["Action"])}


def _prefixes(fleet: FleetTemplates, unit: str, action: str) -> set[str]:
    return {
        text
        for statement in _statements(fleet, unit)
        if action in as_list(statement["Action"])
        for text in texts(statement["Resource"])
        if text.startswith("/")
    }


def test_zip_functions_share_layers_in_the_cloud(cloud_fleet: FleetTemplates) -> None:
    """The release function is a zip with layers for shared code and locked packages."""
    function = cloud_fleet.functions()[cloud_fleet.stage.resource("release")]
    published = cloud_fleet.resources(StackPart.RETRAINING, "AWS::Lambda::LayerVersion")
    assert {layer["Ref"] for layer in function["Layers"]} == set(published)
    assert len(published) == 2
    assert function["Runtime"] == "python3.13"


def test_the_command_finds_machine_and_functions(fleet: FleetTemplates) -> None:
    """The stack outputs the names that commands need."""
    assert {Output.STATE_MACHINE_ARN, Output.TRAIN_FUNCTION, Output.RELEASE_FUNCTION} == set(
        fleet.parts[StackPart.RETRAINING]["Outputs"]
    )
