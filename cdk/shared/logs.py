"""Log groups that are kept as long as their stage keeps any, each under the name AWS gives it."""

from aws_cdk import aws_logs, aws_stepfunctions
from constructs import Construct

from cdk.settings.stage import Stage
from cdk.shared.retention import lasting_name, removal_policy

_RETENTIONS = {
    1: aws_logs.RetentionDays.ONE_DAY,
    7: aws_logs.RetentionDays.ONE_WEEK,
    30: aws_logs.RetentionDays.ONE_MONTH,
    365: aws_logs.RetentionDays.ONE_YEAR,
}


def stage_logs(scope: Construct, id_: str, *, stage: Stage, name: str) -> aws_logs.LogGroup:
    """Make a log group whose name starts so.

    In AWS it ends with its stack's id: the group may outlive the stack, or be made again by a
    function that writes its last lines while the stack is being deleted.
    """
    return aws_logs.LogGroup(
        scope,
        id_,
        log_group_name=lasting_name(scope, name) if stage.lasting_names else name,
        retention=_RETENTIONS[stage.log_retention_days],
        removal_policy=removal_policy(stage),
    )


def function_logs(scope: Construct, id_: str, *, stage: Stage, name: str) -> aws_logs.LogGroup:
    """Make the log group of a function."""
    return stage_logs(scope, id_, stage=stage, name=f"/aws/lambda/{name}")


def machine_logs(
    scope: Construct, id_: str, *, stage: Stage, name: str
) -> aws_stepfunctions.LogOptions | None:
    """Have a state machine log every state it enters, but no data, where the stage traces."""
    if not stage.tracing:
        return None
    return aws_stepfunctions.LogOptions(
        destination=stage_logs(scope, id_, stage=stage, name=f"/aws/vendedlogs/states/{name}"),
        level=aws_stepfunctions.LogLevel.ALL,
        include_execution_data=False,
    )
