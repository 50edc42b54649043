"""The monthly budget notifies the recipients of alarms."""

from modelfleet.resource_names import StackPart
from tests.infrastructure.templates import REPOSITORY, FleetTemplates

RUNBOOK = REPOSITORY / "docs" / "runbooks" / "costs.md"


def test_people_are_notified_of_spending_and_forecast(cloud_fleet: FleetTemplates) -> None:
    """Both notifications go to the alert topic, which is created first."""
    (budget,) = cloud_fleet.resources(StackPart.MONITORING, "AWS::Budgets::Budget").values()
    properties = budget["Properties"]
    assert properties["Budget"]["BudgetLimit"] == {
        "Amount": cloud_fleet.stage.budget_usd,
        "Unit": "USD",
    }
    assert properties["Budget"]["TimeUnit"] == "MONTHLY"
    (topic,) = cloud_fleet.resources(StackPart.MONITORING, "AWS::SNS::Topic")
    told = {}
    for each in properties["NotificationsWithSubscribers"]:
        notification = each["Notification"]
        told[notification["NotificationType"]] = notification["Threshold"]
        assert each["Subscribers"] == [{"Address": {"Ref": topic}, "SubscriptionType": "SNS"}]
    assert told == {"ACTUAL": 80, "FORECASTED": 100}
    (policy,) = cloud_fleet.resources(StackPart.MONITORING, "AWS::SNS::TopicPolicy")
    assert {topic, policy} <= set(budget["DependsOn"])


def test_the_budget_has_a_runbook(cloud_fleet: FleetTemplates) -> None:
    """The runbook mentions the budget's name."""
    (budget,) = cloud_fleet.properties(StackPart.MONITORING, "AWS::Budgets::Budget")
    kind = budget["Budget"]["BudgetName"].rpartition("-")[2]
    assert f"-{kind}`" in RUNBOOK.read_text()
