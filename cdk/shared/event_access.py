"""Who may announce what on the event bus."""

from collections.abc import Sequence

from aws_cdk import Aws, aws_iam, aws_lambda

from modelfleet.settings import EVENT_SOURCE

_BUS = f"arn:{Aws.PARTITION}:events:{Aws.REGION}:{Aws.ACCOUNT_ID}:event-bus/default"


def allow_announcing(function: aws_lambda.Function, types: Sequence[str]) -> None:
    """Let a function put events of these types on the default bus, from our source alone.

    Each entry of a call must match. `ForAllValues` also holds for a key that is absent, hence
    `Null`. See https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html
    """
    keys = {"events:source": [EVENT_SOURCE], "events:detail-type": list(types)}
    function.add_to_role_policy(
        aws_iam.PolicyStatement(
            actions=["events:PutEvents"],
            resources=[_BUS],
            conditions={
                "ForAllValues:StringEquals": keys,
                "Null": dict.fromkeys(keys, "false"),
            },
        )
    )
