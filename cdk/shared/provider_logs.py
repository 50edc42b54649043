"""Log groups for the functions that the CDK adds by itself, which would make their own for ever."""

import re

import aws_cdk

from cdk.settings.stage import Stage
from cdk.shared.logs import function_logs

_FUNCTION = "AWS::Lambda::Function"


def own_provider_logs(stack: aws_cdk.Stack, stage: Stage) -> None:
    """Give each function of a stack that has no log group one, kept as long as the stage's others.

    Such functions work at deployments: they empty buckets, make users, run triggers. A group that
    Lambda makes for them is in no template, is kept for ever, and stays when the stack goes.
    """
    for resource in _functions_without_logs(stack):
        name = _provider(resource)
        group = function_logs(stack, f"{name}Logs", stage=stage, name=f"{stack.stack_name}-{name}")
        resource.add_property_override("LoggingConfig", {"LogGroup": group.log_group_name})


def _functions_without_logs(stack: aws_cdk.Stack) -> list[aws_cdk.CfnResource]:
    found = [
        each
        for each in stack.node.find_all()
        if isinstance(each, aws_cdk.CfnResource) and each.cfn_resource_type == _FUNCTION
    ]
    return [each for each in found if getattr(each, "logging_config", None) is None]


def _provider(resource: aws_cdk.CfnResource) -> str:
    """What the CDK calls the construct around the function."""
    above = resource.node.scope
    return re.sub(r"\W", "", above.node.id if above else resource.node.id)
