"""The functions behind the retraining machine: settings, permissions and packaging."""

from typing import Any

import pytest

from modelfleet.domain.deployment import Output, StackPart, predict_function
from modelfleet.settings import ReleaseSettings, Settings, TrainSettings, variable
from models.catalogue import catalogue
from tests.infrastructure.templates import FleetTemplates, as_list, joined, texts


@pytest.mark.parametrize(
    ("unit", "settings"), [("train", TrainSettings), ("release", ReleaseSettings)]
)
def test_functions_are_told_their_settings_exactly(
    fleet: FleetTemplates, unit: str, settings: type[Settings]
) -> None:
    """The environment's keys are the settings' fields, no more and no less."""
    values = fleet.functions()[fleet.stage.resource(unit)]["Environment"]["Variables"]
    assert set(values) == {variable(name) for name in settings.__dataclass_fields__}


def test_the_database_is_entered_without_a_password(cloud_fleet: FleetTemplates) -> None:
    """In AWS the train function gets an address without password, and makes IAM tokens."""
    values = cloud_fleet.functions()[cloud_fleet.stage.resource("train")]["Environment"]
    uri = joined(values["Variables"][variable("tracking_uri")])
    assert uri == "postgresql+psycopg://mlflow@<reference>:5432/mlflow?sslmode=require"
    assert values["Variables"][variable("database_iam_authentication")] == "true"
    assert "rds-db:connect" in _actions(cloud_fleet, "train")


def test_only_the_function_that_needs_the_database_is_in_the_network(
    cloud_fleet: FleetTemplates,
) -> None:
    """Train and what upgrades its tables sit in the isolated subnets; nothing else does."""
    inside = {name for name, value in cloud_fleet.functions().items() if "VpcConfig" in value}
    assert inside == {cloud_fleet.stage.resource(name) for name in ("train", "schema")}


def test_train_cannot_move_a_release(fleet: FleetTemplates) -> None:
    """The train function writes candidates and versions, and reads pointers at most."""
    written = _prefixes(fleet, "train", "s3:PutObject")
    lake = {"/datasets/*", "/quarantine/*"}
    assert written == {"/staging/*", "/models/*", "/mlflow/*", "/aliases/*", *lake}
    assert "/releases/*" in _prefixes(fleet, "train", "s3:GetObject")


def test_release_writes_pointers_alone(fleet: FleetTemplates) -> None:
    """The release function changes what serves and nothing of what it serves."""
    written = _prefixes(fleet, "release", "s3:PutObject")
    assert written == {"/releases/*", "/locks/*", "/history/*", "/trained/*"}


def test_release_calls_predict_functions_by_their_alias_alone(fleet: FleetTemplates) -> None:
    """It may try versions out where callers are answered, and call nothing else."""
    (calls,) = [
        as_list(statement["Resource"])
        for statement in _statements(fleet, "release")
        if as_list(statement["Action"]) == ["lambda:InvokeFunction"]
    ]
    named = {joined(arn).rpartition(":function:")[2] for arn in calls}
    functions = {predict_function(fleet.stage.name, model) for model in catalogue()}
    assert named == {f"{function}:live" for function in functions}


@pytest.mark.parametrize("unit", ["train", "release"])
def test_no_role_may_act_by_wildcard(fleet: FleetTemplates, unit: str) -> None:
    """Every allowed action is spelled out, and no function may delete an object."""
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
    """The release function runs as a zip on our published code and on the locked packages."""
    function = cloud_fleet.functions()[cloud_fleet.stage.resource("release")]
    published = cloud_fleet.resources(StackPart.RETRAINING, "AWS::Lambda::LayerVersion")
    assert {layer["Ref"] for layer in function["Layers"]} == set(published)
    assert len(published) == 2
    assert function["Runtime"] == "python3.13"


def test_retraining_says_its_names(fleet: FleetTemplates) -> None:
    """The command finds the machine and its functions among the stack's outputs."""
    assert {Output.STATE_MACHINE_ARN, Output.TRAIN_FUNCTION, Output.RELEASE_FUNCTION} == set(
        fleet.parts[StackPart.RETRAINING]["Outputs"]
    )
