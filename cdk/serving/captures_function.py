"""The function between the predict functions' logs and the delivery stream."""

from collections.abc import Iterable

from aws_cdk import (
    ArnFormat,
    Aws,
    Stack,
    aws_lambda,
    aws_logs,
    aws_logs_destinations,
    aws_s3,
)
from constructs import Construct

from cdk.serving.capture_stream import CaptureStream
from cdk.settings.stage import Packaging, Stage
from cdk.shared.dead_letter_queue import DeadLetterQueue
from cdk.shared.fleet_function import FleetFunction, Size
from cdk.shared.layers import SharedCode
from cdk.shared.metrics_access import allow_measuring
from modelfleet.domain.captures import PREDICTION_PATTERN
from modelfleet.domain.deployment import captures_function, predict_function
from modelfleet.domain.telemetry import Dimension
from modelfleet.settings import CapturesSettings

# Long enough for every attempt at a call that does not answer: a function that is ended while it
# waits is started again with the whole delivery.
_SIZE = Size(memory_mb=256, timeout_seconds=300)


class CapturesFunction(Construct):
    """Subscribes to log groups, and hands the predictions found there to the lake.

    CloudWatch tries a delivery twice again, then the event is kept in a dead-letter queue as it
    came: invoking the function with it delivers it.
    """

    def __init__(self, scope: Construct, id_: str, *, stage: Stage, lake: aws_s3.IBucket) -> None:
        super().__init__(scope, id_)
        self._stage = stage
        stream = CaptureStream(self, "Stream", stage=stage, lake=lake)
        self.function: aws_lambda.Function = FleetFunction(
            self,
            "Captures",
            stage=stage,
            unit="captures",
            name=captures_function(stage.name),
            packaging=Packaging.ZIP,
            settings=CapturesSettings(
                stage=stage.name,
                delivery_stream=stream.name,
                forward_metrics=stage.forward_metrics,
            ),
            size=_SIZE,
            # It needs no library but ours, not even the SDK.
            layers=[SharedCode(self, "SharedCode")] if stage.shared_layers else [],
            undelivered=DeadLetterQueue(
                self, "Undelivered", stage=stage, name=undelivered_captures_name(stage)
            ),
        ).function
        stream.allow_put(self.function)
        if stage.forward_metrics:
            allow_measuring(self.function, stage)

    def subscribe(self, logs: Iterable[aws_logs.LogGroup]) -> None:
        """Carry the predictions of these log groups.

        One statement lets all of them call: a function's policy holds 20 KB, which a statement for
        each group fills with 49 models.
        https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
        """
        destination = aws_logs_destinations.LambdaDestination(self.function, add_permissions=False)
        allowed = aws_lambda.CfnPermission(
            self,
            "Logs",
            action="lambda:InvokeFunction",
            function_name=self.function.function_arn,
            principal="logs.amazonaws.com",
            source_account=Aws.ACCOUNT_ID,
            source_arn=self._predict_logs(),
        )
        for group in logs:
            subscription = aws_logs.SubscriptionFilter(
                group,
                "Captures",
                log_group=group,
                destination=destination,
                filter_name=self._stage.resource("captures"),
                filter_pattern=self._pattern(),
            )
            subscription.node.add_dependency(allowed)

    def _predict_logs(self) -> str:
        return Stack.of(self).format_arn(
            service="logs",
            resource="log-group",
            resource_name=f"/aws/lambda/{predict_function(self._stage.name, '*')}:*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )

    def _pattern(self) -> aws_logs.IFilterPattern:
        if self._stage.forward_metrics:
            # Every line of ours, the measurements too, and none of the platform's.
            return aws_logs.FilterPattern.all_terms(Dimension.MODEL)
        return aws_logs.FilterPattern.literal(PREDICTION_PATTERN)


def undelivered_captures_name(stage: Stage) -> str:
    """The name of the queue that keeps deliveries which could not be carried."""
    return stage.resource("undelivered-captures")
