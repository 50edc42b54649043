"""Who may measure for a stage."""

from aws_cdk import aws_iam, aws_lambda

from cdk.settings.stage import Stage
from modelfleet.settings import namespace


def allow_measuring(function: aws_lambda.Function, stage: Stage) -> None:
    """Let a function put metrics into its stage's namespace."""
    function.add_to_role_policy(
        aws_iam.PolicyStatement(
            actions=["cloudwatch:PutMetricData"],
            # The action knows no resources; the namespace is what bounds it.
            resources=["*"],
            conditions={"StringEquals": {"cloudwatch:namespace": namespace(stage.name)}},
        )
    )
