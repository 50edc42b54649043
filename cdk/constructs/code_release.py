"""How new code of a predict function takes over: a tenth of the traffic first, watched."""

from aws_cdk import Duration, aws_cloudwatch, aws_codedeploy, aws_lambda
from constructs import Construct

from cdk.stage import Stage
from modelfleet.domain import deployment

_LIMIT = 1


class CodeRelease(Construct):
    """CodeDeploy moves the alias, and moves it back when the version that is new fails.

    The alarm is on that version alone: one on both would end a release because the old one fails,
    which the release may be there to mend.
    """

    def __init__(
        self, scope: Construct, id_: str, *, stage: Stage, model: str, live: aws_lambda.Alias
    ) -> None:
        super().__init__(scope, id_)
        name = deployment.predict_function(stage.name, model)
        alarm = aws_cloudwatch.Alarm(
            self,
            "Failing",
            alarm_name=stage.resource(model, "new-code-fails"),
            alarm_description=f"The newest code of {model} raises; its release is taken back",
            metric=aws_cloudwatch.Metric(
                namespace="AWS/Lambda",
                metric_name="Errors",
                dimensions_map={
                    "FunctionName": name,
                    "Resource": f"{name}:{live.alias_name}",
                    "ExecutedVersion": live.version.version,
                },
                statistic="Sum",
                period=Duration.minutes(1),
            ),
            threshold=_LIMIT,
            evaluation_periods=1,
            comparison_operator=(
                aws_cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
            ),
            treat_missing_data=aws_cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        aws_codedeploy.LambdaDeploymentGroup(
            self,
            "Group",
            alias=live,
            deployment_group_name=name,
            deployment_config=aws_codedeploy.LambdaDeploymentConfig.CANARY_10_PERCENT_5_MINUTES,
            alarms=[alarm],
            auto_rollback=aws_codedeploy.AutoRollbackConfig(
                failed_deployment=True, stopped_deployment=True, deployment_in_alarm=True
            ),
        )
