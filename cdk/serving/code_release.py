"""Gradual release of a predict function's code: 10% of the traffic first, then all of it."""

from collections.abc import Sequence

from aws_cdk import aws_codedeploy, aws_lambda, aws_s3
from constructs import Construct

from cdk.serving.pretraffic_hook import PretrafficHook
from cdk.settings.stage import Stage
from cdk.shared.alarm import Alarm
from cdk.shared.alarm_rule import LAMBDA, MINUTE, AlarmRule, Measured, Severity
from modelfleet.resource_names import predict_function


class CodeRelease(Construct):
    """CodeDeploy tests new code, moves the alias to it, and back if the new version fails.

    The alarm is on the new version only: with the old one, its failures would stop the very release
    that may fix them.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        model: str,
        live: aws_lambda.Alias,
        artifacts: aws_s3.IBucket,
        layers: Sequence[aws_lambda.ILayerVersion],
    ) -> None:
        super().__init__(scope, id_)
        name = predict_function(stage.name, model)
        alarm = Alarm(self, stage=stage, rule=_new_code_fails(model, name, live))
        hook = PretrafficHook(
            self,
            "Pretraffic",
            stage=stage,
            model=model,
            live=live,
            artifacts=artifacts,
            layers=layers,
        ).function
        aws_codedeploy.LambdaDeploymentGroup(
            self,
            "Group",
            alias=live,
            deployment_group_name=name,
            deployment_config=aws_codedeploy.LambdaDeploymentConfig.CANARY_10_PERCENT_5_MINUTES,
            alarms=[alarm],
            pre_hook=hook,
            auto_rollback=aws_codedeploy.AutoRollbackConfig(
                failed_deployment=True, stopped_deployment=True, deployment_in_alarm=True
            ),
        )
        # The hook must have the new version in its settings before the alias moves.
        live.node.add_dependency(hook)


def _new_code_fails(model: str, function: str, live: aws_lambda.Alias) -> AlarmRule:
    errors = Measured(
        namespace=LAMBDA,
        name="Errors",
        dimensions={
            "FunctionName": function,
            "Resource": f"{function}:{live.alias_name}",
            "ExecutedVersion": live.version.version,
        },
    )
    return AlarmRule(
        model=model,
        kind="new-code-fails",
        severity=Severity.WARNING,
        summary="its new code raises errors; CodeDeploy rolls it back during the release",
        metrics={"errors": errors},
        limit=1,
        period_seconds=MINUTE,
    )
