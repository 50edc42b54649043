"""Predict functions: their settings, permissions, size and packaging."""

import json

from cdk.settings.stage import Packaging
from modelfleet.catalogue import catalogue
from modelfleet.resource_names import StackPart, console_function, predict_function
from modelfleet.settings import PredictSettings, variable
from tests.infrastructure.templates import FleetTemplates, as_list, joined, texts


def test_environments_match_the_settings(fleet: FleetTemplates) -> None:
    """The environment's keys are exactly the fields of the settings."""
    expected = {variable(name) for name in PredictSettings.__dataclass_fields__}
    for model in catalogue():
        function = fleet.functions()[predict_function(fleet.stage.name, model)]
        values = function["Environment"]["Variables"]
        assert set(values) == expected
        assert values[variable("model")] == model


def test_predict_functions_access_only_their_own_model(fleet: FleetTemplates) -> None:
    """A predict function reads its own model's objects, and writes only its own feedback."""
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


def test_only_predict_functions_read_the_signing_key(fleet: FleetTemplates) -> None:
    """They read exactly that secret, with which any prediction ID could be signed."""
    (key,) = (
        name
        for name, secret in fleet.resources(
            StackPart.STORAGE, "AWS::SecretsManager::Secret"
        ).items()
        if "prediction ids" in secret["Properties"].get("Description", "")
    )
    console = fleet.statements(StackPart.SERVING, console_function(fleet.stage.name))
    assert key not in json.dumps(console)
    for model in catalogue():
        statements = fleet.statements(StackPart.SERVING, predict_function(fleet.stage.name, model))
        (reading,) = (s for s in statements if "secretsmanager" in json.dumps(s["Action"]))
        assert as_list(reading["Action"]) == ["secretsmanager:GetSecretValue"]
        assert key in json.dumps(reading["Resource"])
    others = set(fleet.texts) - {StackPart.STORAGE, StackPart.SERVING}
    assert [part for part in others if "secretsmanager" in fleet.texts[part]] == []


def test_memory_is_the_models_or_the_stages_minimum(fleet: FleetTemplates) -> None:
    """A function has the memory in its model's spec, or the stage's minimum if that is more."""
    for model, spec in catalogue().items():
        function = fleet.functions()[predict_function(fleet.stage.name, model)]
        least = fleet.stage.serving_memory_mb_minimum
        assert function["MemorySize"] == max(spec.serving.memory_mb, least)


def test_snapshots_and_images_are_for_the_cloud(fleet: FleetTemplates) -> None:
    """In AWS predict functions are images, with SnapStart in staging and prod."""
    image = fleet.stage.packaging is Packaging.IMAGE
    for model in catalogue():
        function = fleet.functions()[predict_function(fleet.stage.name, model)]
        assert ("ImageUri" in function["Code"]) is image
        assert ("SnapStart" in function) is (fleet.stage.name in ("staging", "prod"))


def test_aliases_are_kept_ready(fleet: FleetTemplates) -> None:
    """Each live alias in AWS is called every three days: after 14 idle days, it would fail.

    https://docs.aws.amazon.com/lambda/latest/dg/snapstart-security.html
    """
    schedules = fleet.properties(StackPart.SERVING, "AWS::Scheduler::Schedule")
    called = {json.loads(each["Target"]["Input"])["path"]: each for each in schedules}
    in_aws = fleet.stage.packaging is Packaging.IMAGE
    assert set(called) == ({f"/{model}/health" for model in catalogue()} if in_aws else set())
    aliases = fleet.resources(StackPart.SERVING, "AWS::Lambda::Alias")
    for model in catalogue() if in_aws else ():
        schedule = called[f"/{model}/health"]
        assert schedule["ScheduleExpression"] == "rate(3 days)"
        alias = aliases[schedule["Target"]["Arn"]["Ref"]]["Properties"]
        assert alias["Name"] == "live"
        assert model in json.dumps(alias["FunctionName"]).lower()


def test_the_schedules_may_only_call_live_aliases(cloud_fleet: FleetTemplates) -> None:
    """They share one role, for this account's schedules and this stage's aliases."""
    schedules = cloud_fleet.properties(StackPart.SERVING, "AWS::Scheduler::Schedule")
    (role,) = {each["Target"]["RoleArn"]["Fn::GetAtt"][0] for each in schedules}
    trust = cloud_fleet.resources(StackPart.SERVING, "AWS::IAM::Role")[role]["Properties"]
    (assumed,) = trust["AssumeRolePolicyDocument"]["Statement"]
    assert assumed["Condition"] == {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    }
    (allowed,) = (
        statement
        for policy in cloud_fleet.properties(StackPart.SERVING, "AWS::IAM::Policy")
        if {"Ref": role} in policy["Roles"]
        for statement in policy["PolicyDocument"]["Statement"]
    )
    assert allowed["Action"] == "lambda:InvokeFunction"
    stage = cloud_fleet.stage.name
    assert joined(allowed["Resource"]).endswith(f":function:{predict_function(stage, '*')}:live")
