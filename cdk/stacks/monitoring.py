"""What watches: the alert topic, the alarms, the dashboard."""

from collections.abc import Mapping

import aws_cdk
from constructs import Construct

from cdk.constructs.alarms import FleetAlarms
from cdk.constructs.alert_topic import AlertRecipients, AlertTopic
from cdk.constructs.capture_stream import capture_stream_name
from cdk.constructs.captures_function import undelivered_captures_name
from cdk.constructs.fleet_dashboard import FleetDashboard
from cdk.constructs.retraining_schedule import undelivered_queue_name
from cdk.constructs.retraining_workflow import machine_name
from cdk.stacks.fleet_stack import FleetStack
from cdk.stage import Stage
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
    ) -> None:
        super().__init__(scope, StackPart.MONITORING, stage=stage, environment=environment)
        self.topic = AlertTopic(self, "Alerts", stage=stage, recipients=alerts)
        machine = self.format_arn(
            service="states",
            resource="stateMachine",
            resource_name=machine_name(stage),
            arn_format=aws_cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        FleetAlarms(
            self,
            "Alarms",
            stage=stage,
            topic=self.topic,
            models=models,
            state_machine_arn=machine,
            undelivered_queue=undelivered_queue_name(stage),
            undelivered_captures_queue=undelivered_captures_name(stage),
            capture_stream=capture_stream_name(stage),
        )
        FleetDashboard(self, "Fleet", stage=stage, models=models, state_machine_arn=machine)
