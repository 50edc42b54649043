"""Recipients of alerts are settings of the deployment, and synthesis refuses invalid ones."""

import aws_cdk
import pytest
from aws_cdk.assertions import Template

from cdk.monitoring.alert_topic import AlertRecipients, AlertTopic
from cdk.settings.stage import StageError
from cdk.settings.stages import STAGES


def _subscriptions(recipients: AlertRecipients) -> dict[str, str]:
    stack = aws_cdk.Stack(aws_cdk.App(), "Alerts")
    AlertTopic(stack, "Topic", stage=STAGES["prod"], recipients=recipients)
    found = Template.from_stack(stack).find_resources("AWS::SNS::Subscription").values()
    return {each["Properties"]["Protocol"]: each["Properties"]["Endpoint"] for each in found}


def test_mail_and_chat_are_subscribed() -> None:
    """Both kinds of recipients are subscribed to all alerts."""
    both = AlertRecipients(email="team@example.com", webhook="https://chat.example.com/hook")
    assert _subscriptions(both) == {
        "email": "team@example.com",
        "https": "https://chat.example.com/hook",
    }


def test_recipients_are_optional() -> None:
    """Without recipients the topic still exists, and others may subscribe."""
    assert _subscriptions(AlertRecipients()) == {}


@pytest.mark.parametrize("wrong", [{"email": "team"}, {"webhook": "http://chat.example.com"}])
def test_an_invalid_recipient_is_refused(wrong: dict[str, str]) -> None:
    """The message for an invalid address names its setting."""
    with pytest.raises(StageError, match=f"alert_{next(iter(wrong))}"):
        AlertRecipients(**wrong)
