"""The topic for everything that needs a person's attention."""

from aws_cdk import Aws, aws_iam, aws_sns, aws_sns_subscriptions
from constructs import Construct

from cdk.settings.stage import Stage
from modelfleet.resource_names import Resource


class AlertTopic(aws_sns.Topic):
    """Alarms and budgets of this account may publish, and roles that are allowed to."""

    def __init__(self, scope: Construct, id_: str, *, stage: Stage) -> None:
        super().__init__(
            scope,
            id_,
            topic_name=stage.resource(Resource.ALERTS),
            display_name=f"modelfleet {stage.name}",
            enforce_ssl=stage.tls_only,
        )
        self._allow_publish("cloudwatch.amazonaws.com")
        if stage.budget_usd is not None:
            self._allow_publish("budgets.amazonaws.com")
        if stage.alert_email:
            self.add_subscription(aws_sns_subscriptions.EmailSubscription(stage.alert_email))
        if stage.alert_webhook:
            self.add_subscription(aws_sns_subscriptions.UrlSubscription(stage.alert_webhook))

    def _allow_publish(self, service: str) -> None:
        self.add_to_resource_policy(
            aws_iam.PolicyStatement(
                actions=["sns:Publish"],
                principals=[aws_iam.ServicePrincipal(service)],
                resources=[self.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )
