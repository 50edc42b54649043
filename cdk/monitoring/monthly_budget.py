"""Tells people when a month becomes dearer than it should."""

from typing import Any

from aws_cdk import aws_budgets, aws_sns
from constructs import Construct

from cdk.settings.stage import Stage

_SPENT_PERCENT = 80
_FORECAST_PERCENT = 100

_Budget = aws_budgets.CfnBudget


class MonthlyBudget(Construct):
    """A limit on the whole account's bill, told at 80 % spent and at 100 % forecast.

    Not on the stage's tags: a budget on tags that nobody has activated for billing sees nothing,
    and says nothing either.
    """

    def __init__(
        self, scope: Construct, id_: str, *, stage: Stage, usd: float, topic: aws_sns.Topic
    ) -> None:
        super().__init__(scope, id_)
        budget = _Budget(
            self,
            "Budget",
            budget=_Budget.BudgetDataProperty(
                budget_name=stage.resource("budget"),
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=_Budget.SpendProperty(amount=usd, unit="USD"),
            ),
            notifications_with_subscribers=[
                _told("ACTUAL", _SPENT_PERCENT, topic),
                _told("FORECASTED", _FORECAST_PERCENT, topic),
            ],
        )
        # AWS tries the topic as the budget is made.
        budget.node.add_dependency(topic)


def _told(kind: str, percent: int, topic: aws_sns.ITopic) -> Any:
    return _Budget.NotificationWithSubscribersProperty(
        notification=_Budget.NotificationProperty(
            comparison_operator="GREATER_THAN",
            notification_type=kind,
            threshold=percent,
            threshold_type="PERCENTAGE",
        ),
        subscribers=[_Budget.SubscriberProperty(address=topic.topic_arn, subscription_type="SNS")],
    )
