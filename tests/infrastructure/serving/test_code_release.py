"""New code takes over gradually, after a test, and moves back if it fails."""

import json

from modelfleet.catalogue import catalogue
from modelfleet.resource_names import StackPart, pretraffic_function
from modelfleet.settings import PretrafficSettings, variable
from tests.infrastructure.templates import FleetTemplates, as_list


def test_new_code_takes_ten_percent_first(fleet: FleetTemplates) -> None:
    """In AWS CodeDeploy moves the alias, and back if the new version raises errors."""
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


def test_new_code_is_tested_before_it_takes_traffic(cloud_fleet: FleetTemplates) -> None:
    """CodeDeploy calls a hook with the new version in its settings before the alias moves."""
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


def test_the_hook_has_no_other_permissions(cloud_fleet: FleetTemplates) -> None:
    """It calls one predict function, reads one pointer, answers one deployment group."""
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
