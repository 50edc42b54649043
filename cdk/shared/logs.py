"""Log groups with the retention of their stage."""

import re

from aws_cdk import CfnResource, Stack, aws_logs, aws_stepfunctions
from constructs import Construct

from cdk.settings.stage import Stage
from cdk.shared.retention import removal_policy, unique_name

_FUNCTION = "AWS::Lambda::Function"
_RETENTIONS: dict[int, aws_logs.RetentionDays] = {
    1: aws_logs.RetentionDays.ONE_DAY,
    3: aws_logs.RetentionDays.THREE_DAYS,
    5: aws_logs.RetentionDays.FIVE_DAYS,
    7: aws_logs.RetentionDays.ONE_WEEK,
    14: aws_logs.RetentionDays.TWO_WEEKS,
    30: aws_logs.RetentionDays.ONE_MONTH,
    60: aws_logs.RetentionDays.TWO_MONTHS,
    90: aws_logs.RetentionDays.THREE_MONTHS,
    120: aws_logs.RetentionDays.FOUR_MONTHS,
    150: aws_logs.RetentionDays.FIVE_MONTHS,
    180: aws_logs.RetentionDays.SIX_MONTHS,
    365: aws_logs.RetentionDays.ONE_YEAR,
    400: aws_logs.RetentionDays.THIRTEEN_MONTHS,
    545: aws_logs.RetentionDays.EIGHTEEN_MONTHS,
    731: aws_logs.RetentionDays.TWO_YEARS,
    1096: aws_logs.RetentionDays.THREE_YEARS,
    1827: aws_logs.RetentionDays.FIVE_YEARS,
    3653: aws_logs.RetentionDays.TEN_YEARS,
}


def log_group(scope: Construct, id_: str, *, stage: Stage, name: str) -> aws_logs.LogGroup:
    """Create a log group with this name.

    In AWS the name ends with an ID of the stack: the group may outlive the stack, and a function
    that writes its last lines while the stack is being deleted may recreate it.
    """
    return aws_logs.LogGroup(
        scope,
        id_,
        log_group_name=unique_name(scope, name) if stage.unique_log_names else name,
        retention=_RETENTIONS[stage.log_retention_days],
        removal_policy=removal_policy(stage),
    )


def function_logs(scope: Construct, id_: str, *, stage: Stage, name: str) -> aws_logs.LogGroup:
    """Create the log group of a function."""
    return log_group(scope, id_, stage=stage, name=f"/aws/lambda/{name}")


def machine_logs(
    scope: Construct, id_: str, *, stage: Stage, name: str
) -> aws_stepfunctions.LogOptions | None:
    """Return the log options of a state machine: every state, without data, if the stage traces."""
    if not stage.tracing:
        return None
    return aws_stepfunctions.LogOptions(
        destination=log_group(scope, id_, stage=stage, name=f"/aws/vendedlogs/states/{name}"),
        level=aws_stepfunctions.LogLevel.ALL,
        include_execution_data=False,
    )


def add_provider_logs(stack: Stack, stage: Stage) -> None:
    """Give a log group to each function of a stack that has none.

    The CDK adds such functions for the deployment itself: they empty buckets, create users, run
    triggers. Lambda would create their log groups, which then never expire and outlive the stack.
    """
    for function in _functions_without_logs(stack):
        name = _provider(function)
        group = function_logs(stack, f"{name}Logs", stage=stage, name=f"{stack.stack_name}-{name}")
        function.add_property_override("LoggingConfig", {"LogGroup": group.log_group_name})


def _functions_without_logs(stack: Stack) -> list[CfnResource]:
    resources = [each for each in stack.node.find_all() if isinstance(each, CfnResource)]
    functions = [each for each in resources if each.cfn_resource_type == _FUNCTION]
    return [each for each in functions if getattr(each, "logging_config", None) is None]


def _provider(function: CfnResource) -> str:
    """Return the ID of the construct around the function."""
    parent = function.node.scope
    return re.sub(r"\W", "", parent.node.id if parent else function.node.id)
