"""Recipients of alerts are settings of the stage."""

from dataclasses import replace

import aws_cdk
from aws_cdk.assertions import Template

from cdk.monitoring.alert_topic import AlertTopic
from cdk.settings.stage import Stage
from tests.stages import PROD


def _subscriptions(stage: Stage) -> dict[str, str]:
    stack = aws_cdk.Stack(aws_cdk.App(), "Alerts")
    AlertTopic(stack, "Topic", stage=stage)
    found = Template.from_stack(stack).find_resources("AWS::SNS::Subscription").values()
    return {each["Properties"]["Protocol"]: each["Properties"]["Endpoint"] for each in found}


def test_mail_and_chat_are_subscribed() -> None:
    """Both kinds of recipients are subscribed to all alerts."""
    webhook = "https://chat.example.com/hook"
    stage = replace(PROD, alert_email="team@example.com", alert_webhook=webhook)
    assert _subscriptions(stage) == {"email": "team@example.com", "https": webhook}


def test_recipients_are_optional() -> None:
    """Without recipients the topic still exists, and others may subscribe."""
    assert _subscriptions(PROD) == {}
