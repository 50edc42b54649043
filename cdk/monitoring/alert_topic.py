"""Where everything that wants a person is said."""

from dataclasses import dataclass

from aws_cdk import Aws, aws_iam, aws_sns, aws_sns_subscriptions
from constructs import Construct

from cdk.settings.stage import Stage, StageError


@dataclass(frozen=True, kw_only=True)
class AlertRecipients:
    """Who is told; each has to confirm the subscription that AWS sends.

    `webhook` is an address that understands SNS: of an incident service, or of a chat's own
    integration with AWS. A plain incoming webhook of a chat ignores the confirmation.
    """

    email: str | None = None
    webhook: str | None = None

    def __post_init__(self) -> None:
        if self.email is not None and "@" not in self.email:
            raise StageError(f"alert_email: {self.email!r} is no address")
        if self.webhook is not None and not self.webhook.startswith("https://"):
            raise StageError("alert_webhook: give an address that starts with https://")


class AlertTopic(aws_sns.Topic):
    """Alarms and budgets of this account may publish, and whoever has the right by role."""

    def __init__(
        self, scope: Construct, id_: str, *, stage: Stage, recipients: AlertRecipients
    ) -> None:
        super().__init__(
            scope,
            id_,
            topic_name=stage.resource("alerts"),
            display_name=f"modelfleet {stage.name}",
            enforce_ssl=stage.tls_only,
        )
        self.add_to_resource_policy(self._may_publish("cloudwatch.amazonaws.com"))
        if stage.budget_usd is not None:
            self.add_to_resource_policy(self._may_publish("budgets.amazonaws.com"))
        if recipients.email:
            self.add_subscription(aws_sns_subscriptions.EmailSubscription(recipients.email))
        if recipients.webhook:
            self.add_subscription(aws_sns_subscriptions.UrlSubscription(recipients.webhook))

    def _may_publish(self, service: str) -> aws_iam.PolicyStatement:
        return aws_iam.PolicyStatement(
            actions=["sns:Publish"],
            principals=[aws_iam.ServicePrincipal(service)],
            resources=[self.topic_arn],
            conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
        )
