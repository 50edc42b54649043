"""How new code of a predict function takes over: a tenth of the traffic first, watched."""

from collections.abc import Sequence

from aws_cdk import aws_codedeploy, aws_lambda, aws_s3
from constructs import Construct

from cdk.serving.pretraffic_hook import PretrafficHook
from cdk.settings.stage import Stage
from cdk.shared.alarm_rule import LAMBDA, MINUTE, AlarmRule, Measured, Severity
from cdk.shared.alarms import build_alarm
from modelfleet.domain import deployment


class CodeRelease(Construct):
    """CodeDeploy has new code tried, moves the alias, and moves it back when the new version fails.

    The alarm is on that version alone: one on both would end a release because the old one fails,
    which the release may be there to mend.
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
        name = deployment.predict_function(stage.name, model)
        alarm = build_alarm(self, stage=stage, rule=_new_code_fails(model, name, live))
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
        # The hook is told the new version first, and then the alias is moved to it.
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
        says="its newest code raises, and CodeDeploy takes that back while it is new",
        metrics={"errors": errors},
        limit=1,
        period_seconds=MINUTE,
    )
