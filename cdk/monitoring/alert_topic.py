"""The topic for everything that needs a person's attention."""

from dataclasses import dataclass

from aws_cdk import Aws, aws_iam, aws_sns, aws_sns_subscriptions
from constructs import Construct

from cdk.settings.stage import Stage, StageError
from modelfleet.resource_names import Resource


@dataclass(frozen=True, kw_only=True)
class AlertRecipients:
    """Recipients of alerts. Each must confirm the subscription that AWS sends."""

    email: str | None = None

    webhook: str | None = None
    """An address that supports SNS, such as an incident service's or a chat's AWS integration.

    Plain incoming webhooks of chats ignore the confirmation.
    """

    def __post_init__(self) -> None:
        if self.email is not None and "@" not in self.email:
            raise StageError(f"alert_email: {self.email!r} is not an email address")
        if self.webhook is not None and not self.webhook.startswith("https://"):
            raise StageError("alert_webhook: give an address that starts with https://")


class AlertTopic(aws_sns.Topic):
    """Alarms and budgets of this account may publish, and roles that are allowed to."""

    def __init__(
        self, scope: Construct, id_: str, *, stage: Stage, recipients: AlertRecipients
    ) -> None:
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
        if recipients.email:
            self.add_subscription(aws_sns_subscriptions.EmailSubscription(recipients.email))
        if recipients.webhook:
            self.add_subscription(aws_sns_subscriptions.UrlSubscription(recipients.webhook))

    def _allow_publish(self, service: str) -> None:
        self.add_to_resource_policy(
            aws_iam.PolicyStatement(
                actions=["sns:Publish"],
                principals=[aws_iam.ServicePrincipal(service)],
                resources=[self.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )
