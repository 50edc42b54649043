"""Where everything that wants a person is said."""

from aws_cdk import Aws, aws_iam, aws_sns, aws_sns_subscriptions
from constructs import Construct

from cdk.stage import Stage


class AlertTopic(aws_sns.Topic):
    """Alarms of this account may publish, and whoever has the right by role."""

    def __init__(self, scope: Construct, id_: str, *, stage: Stage, email: str | None) -> None:
        super().__init__(
            scope,
            id_,
            topic_name=stage.resource("alerts"),
            display_name=f"modelfleet {stage.name}",
            enforce_ssl=stage.tls_only,
        )
        self.add_to_resource_policy(self._alarms_may_publish())
        if email:
            self.add_subscription(aws_sns_subscriptions.EmailSubscription(email))

    def _alarms_may_publish(self) -> aws_iam.PolicyStatement:
        return aws_iam.PolicyStatement(
            actions=["sns:Publish"],
            principals=[aws_iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            resources=[self.topic_arn],
            conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
        )
