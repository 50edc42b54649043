"""A month that becomes too dear is told to the people who are told of alarms."""

import pytest

from cdk.settings.budget import read_budget
from cdk.settings.stage import StageError
from cdk.settings.stages import LOCAL, PROD
from modelfleet.domain.deployment import StackPart
from tests.infrastructure.templates import REPOSITORY, FleetTemplates

RUNBOOK = REPOSITORY / "docs" / "runbooks" / "costs.md"


@pytest.mark.parametrize(
    ("context", "usd"), [(None, PROD.budget_usd), ("12.5", 12.5), (300, 300.0), ("0", None)]
)
def test_the_limit_is_the_stages_or_the_deployments(context: object, usd: float | None) -> None:
    """Without a word the stage's own limit holds; 0 is no budget."""
    assert read_budget(PROD, context) == usd


def test_local_has_no_bill() -> None:
    """What runs on this machine has no budget, whatever is said."""
    assert read_budget(LOCAL, "100") is None


@pytest.mark.parametrize("wrong", ["much", "-1", "inf", "nan", ""])
def test_what_is_no_amount_is_refused(wrong: str) -> None:
    """A limit that cannot be one is named with its setting."""
    with pytest.raises(StageError, match="budget_usd"):
        read_budget(PROD, wrong)


def test_people_are_told_at_eighty_percent_and_of_a_forecast(cloud_fleet: FleetTemplates) -> None:
    """Both notifications go to the topic of the alarms, which is there before."""
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


def test_there_is_a_runbook_for_it(cloud_fleet: FleetTemplates) -> None:
    """Whoever is told finds what to do under the budget's name."""
    (budget,) = cloud_fleet.properties(StackPart.MONITORING, "AWS::Budgets::Budget")
    kind = budget["Budget"]["BudgetName"].rpartition("-")[2]
    assert f"-{kind}`" in RUNBOOK.read_text()
