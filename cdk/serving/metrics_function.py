"""The function that exports the fleet's metrics for Prometheus."""

from aws_cdk import aws_iam, aws_lambda
from constructs import Construct

from cdk.settings.stage import Packaging, Stage
from cdk.shared.fleet_function import FleetFunction, Size
from cdk.shared.layers import build_layers
from modelfleet.resource_names import metrics_function
from modelfleet.settings import MetricsSettings

_SIZE = Size(memory_mb=256, timeout_seconds=29)


class MetricsFunction(Construct):
    """Reads CloudWatch metrics and nothing else; it needs only the runtime's packages."""

    def __init__(self, scope: Construct, id_: str, *, stage: Stage) -> None:
        super().__init__(scope, id_)
        self.function: aws_lambda.Function = FleetFunction(
            self,
            "Metrics",
            stage=stage,
            unit="metrics",
            name=metrics_function(stage.name),
            packaging=Packaging.ZIP,
            settings=MetricsSettings(stage=stage.name),
            size=_SIZE,
            layers=build_layers(self, stage=stage),
        ).function
        self.function.add_to_role_policy(
            aws_iam.PolicyStatement(
                actions=["cloudwatch:GetMetricData", "cloudwatch:ListMetrics"],
                # These actions support no resources.
                resources=["*"],
            )
        )
