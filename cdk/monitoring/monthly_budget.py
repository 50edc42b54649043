"""The monthly budget, which warns people before it is exceeded."""

from typing import Any

from aws_cdk import aws_budgets, aws_sns
from constructs import Construct

from cdk.settings.stage import Stage
from modelfleet.resource_names import Resource

_SPENT_PERCENT = 80
_FORECAST_PERCENT = 100

_Budget = aws_budgets.CfnBudget


class MonthlyBudget(Construct):
    """A budget for the whole account, with notifications at 80% spent and at 100% forecast.

    Not for the stage's tags: until tags are activated for billing, a budget on them sees no costs,
    without any warning.
    """

    def __init__(
        self, scope: Construct, id_: str, *, stage: Stage, usd: float, topic: aws_sns.Topic
    ) -> None:
        super().__init__(scope, id_)
        budget = _Budget(
            self,
            "Budget",
            budget=_Budget.BudgetDataProperty(
                budget_name=stage.resource(Resource.BUDGET),
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=_Budget.SpendProperty(amount=usd, unit="USD"),
            ),
            notifications_with_subscribers=[
                _notification("ACTUAL", _SPENT_PERCENT, topic),
                _notification("FORECASTED", _FORECAST_PERCENT, topic),
            ],
        )
        # AWS checks the topic's permissions when it creates the budget.
        budget.node.add_dependency(topic)


def _notification(kind: str, percent: int, topic: aws_sns.ITopic) -> Any:
    return _Budget.NotificationWithSubscribersProperty(
        notification=_Budget.NotificationProperty(
            comparison_operator="GREATER_THAN",
            notification_type=kind,
            threshold=percent,
            threshold_type="PERCENTAGE",
        ),
        subscribers=[_Budget.SubscriberProperty(address=topic.topic_arn, subscription_type="SNS")],
    )
