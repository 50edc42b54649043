"""The monitoring stack: the event bus, the alert topic, alarms, the budget, the dashboard."""

from collections.abc import Mapping, Sequence

import aws_cdk
from aws_cdk import aws_cloudwatch_actions
from constructs import Construct

from cdk.monitoring.alert_topic import AlertTopic
from cdk.monitoring.backup_alarms import backup_alarms
from cdk.monitoring.dashboard import FleetDashboard
from cdk.monitoring.event_bus import EventBus
from cdk.monitoring.fleet_alarms import fleet_alarms
from cdk.monitoring.model_alarms import model_alarms
from cdk.monitoring.monthly_budget import MonthlyBudget
from cdk.settings.stage import Stage
from cdk.shared.alarm import Alarm
from cdk.shared.alarm_rule import AlarmRule, BackedUp
from cdk.shared.fleet_stack import FleetStack
from cdk.shared.permissions import arn_of
from modelfleet.resource_names import Resource, StackPart
from modelfleet.spec.model import ModelSpec


class MonitoringStack(FleetStack):
    """Refers to what it monitors by name, except for the vault, whose name is generated."""

    def __init__(
        self,
        scope: Construct,
        *,
        stage: Stage,
        environment: aws_cdk.Environment | None,
        models: Mapping[str, ModelSpec],
        backed_up: BackedUp | None,
    ) -> None:
        super().__init__(scope, StackPart.MONITORING, stage=stage, environment=environment)
        self.event_bus = EventBus(self, "Events", stage=stage)
        self.topic = AlertTopic(self, "Alerts", stage=stage)
        machine = arn_of(self, "states", "stateMachine", stage.resource(Resource.RETRAINING))
        if stage.alarm_notifications:
            rules = fleet_alarms(stage, machine) + backup_alarms(backed_up)
            self._build_alarms(stage, models, rules)
        if stage.budget_usd is not None:
            MonthlyBudget(self, "Budget", stage=stage, usd=stage.budget_usd, topic=self.topic)
        FleetDashboard(self, "Fleet", stage=stage, models=models, state_machine_arn=machine)

    def _build_alarms(
        self, stage: Stage, models: Mapping[str, ModelSpec], shared: Sequence[AlarmRule]
    ) -> None:
        rules = list(shared)
        for spec in models.values():
            rules += model_alarms(stage.name, spec, reporting=bool(stage.reporting_clients))
        action = aws_cloudwatch_actions.SnsAction(self.topic)
        scope = Construct(self, "Alarms")
        for rule in rules:
            alarm = Alarm(scope, stage=stage, rule=rule)
            alarm.add_alarm_action(action)
            alarm.add_ok_action(action)
