"""What watches: the alert topic, the alarms, the dashboard."""

from collections.abc import Mapping

import aws_cdk
from constructs import Construct

from cdk.monitoring.alert_topic import AlertRecipients, AlertTopic
from cdk.monitoring.dashboard import FleetDashboard
from cdk.monitoring.fleet_alarms import fleet_alarms
from cdk.monitoring.model_alarms import model_alarms
from cdk.monitoring.monthly_budget import MonthlyBudget
from cdk.retraining.workflow import machine_name
from cdk.settings.stage import Stage
from cdk.shared.alarms import Alarms
from cdk.shared.fleet_stack import FleetStack
from modelfleet.domain.deployment import StackPart
from modelfleet.domain.spec import ModelSpec


class MonitoringStack(FleetStack):
    """Knows what it watches by name, so that it is there before what it watches."""

    def __init__(
        self,
        scope: Construct,
        *,
        stage: Stage,
        environment: aws_cdk.Environment | None,
        models: Mapping[str, ModelSpec],
        alerts: AlertRecipients,
        budget_usd: float | None,
    ) -> None:
        super().__init__(scope, StackPart.MONITORING, stage=stage, environment=environment)
        self.topic = AlertTopic(self, "Alerts", stage=stage, recipients=alerts)
        machine = self.format_arn(
            service="states",
            resource="stateMachine",
            resource_name=machine_name(stage),
            arn_format=aws_cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        if stage.alarm_notifications:
            rules = fleet_alarms(stage, machine)
            for spec in models.values():
                rules += model_alarms(stage.name, spec)
            Alarms(self, "Alarms", stage=stage, topic=self.topic, rules=rules)
        if budget_usd is not None:
            MonthlyBudget(self, "Budget", stage=stage, usd=budget_usd, topic=self.topic)
        FleetDashboard(self, "Fleet", stage=stage, models=models, state_machine_arn=machine)
