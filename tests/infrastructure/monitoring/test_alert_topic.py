"""Who is told of an alert is a setting of the deployment, and a wrong one is refused at synth."""

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
    """Both kinds of recipients are told of everything."""
    both = AlertRecipients(email="team@example.com", webhook="https://chat.example.com/hook")
    assert _subscriptions(both) == {
        "email": "team@example.com",
        "https": "https://chat.example.com/hook",
    }


def test_nobody_need_be_told() -> None:
    """Without recipients there is a topic all the same, to which others may subscribe."""
    assert _subscriptions(AlertRecipients()) == {}


@pytest.mark.parametrize("wrong", [{"email": "team"}, {"webhook": "http://chat.example.com"}])
def test_what_cannot_be_told_is_refused(wrong: dict[str, str]) -> None:
    """An address that no message could reach is named with its setting."""
    with pytest.raises(StageError, match=f"alert_{next(iter(wrong))}"):
        AlertRecipients(**wrong)
