"""The function that delivers predictions from the logs to the delivery stream."""

from collections.abc import Iterable

from aws_cdk import Aws, aws_lambda, aws_logs, aws_logs_destinations, aws_s3
from constructs import Construct

from cdk.serving.capture_stream import CaptureStream
from cdk.settings.stage import Packaging, Stage
from cdk.shared.fleet_function import FleetFunction, Size
from cdk.shared.layers import build_layers
from cdk.shared.permissions import allow_metrics, arn_of
from cdk.shared.schedule import DeadLetterQueue
from cdk.shared.signing_key import SigningKey
from modelfleet.captures.record import CAPTURED_PATTERN
from modelfleet.metrics.serving_metrics import Dimension
from modelfleet.resource_names import Resource, captures_function, predict_function
from modelfleet.settings import CapturesSettings, namespace

# Long enough for all retries of a call that gets no response: a function that times out meanwhile
# is invoked again with the whole delivery.
_SIZE = Size(memory_mb=256, timeout_seconds=300)


class CapturesFunction(Construct):
    """Subscribes to log groups, and puts the predictions in them into the delivery stream.

    CloudWatch retries a delivery twice, then the event goes to a dead-letter queue unchanged;
    invoking the function with it delivers it.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        lake: aws_s3.IBucket,
        signing_key: SigningKey,
    ) -> None:
        super().__init__(scope, id_)
        self._stage = stage
        stream = CaptureStream(self, "Stream", stage=stage, lake=lake)
        self.function = self._build_function(stream, signing_key)
        # The keys that sensitive values in log lines are encrypted with are derived from it.
        signing_key.allow_signing(self.function)
        stream.allow_put(self.function)
        if stage.forward_metrics:
            allow_metrics(self.function, namespace(stage.name))

    def subscribe(self, logs: Iterable[aws_logs.LogGroup]) -> None:
        """Deliver the predictions and refusals in these log groups."""
        destination = aws_logs_destinations.LambdaDestination(self.function, add_permissions=False)
        permission = self._build_permission()
        for group in logs:
            subscription = aws_logs.SubscriptionFilter(
                group,
                "Captures",
                log_group=group,
                destination=destination,
                filter_name=self._stage.resource(Resource.CAPTURES),
                filter_pattern=self._pattern(),
            )
            subscription.node.add_dependency(permission)

    def _build_function(
        self, stream: CaptureStream, signing_key: SigningKey
    ) -> aws_lambda.Function:
        stage = self._stage
        return FleetFunction(
            self,
            "Captures",
            stage=stage,
            unit="captures",
            name=captures_function(stage.name),
            packaging=Packaging.ZIP,
            settings=CapturesSettings(
                stage=stage.name,
                delivery_stream=stream.name,
                signing_keys=signing_key.arn,
                forward_metrics=stage.forward_metrics,
            ),
            size=_SIZE,
            # Besides the runtime's packages it needs encryption, and not even the SDK.
            layers=build_layers(self, stage=stage, requirements="captures.txt"),
            undelivered=DeadLetterQueue(
                self, "Undelivered", stage=stage, name=stage.resource(Resource.UNDELIVERED_CAPTURES)
            ),
        ).function

    def _build_permission(self) -> aws_lambda.CfnPermission:
        """Build one permission for all log groups.

        A function's policy is limited to 20 KB, which one statement per group fills with 49 models.
        https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
        """
        groups = f"/aws/lambda/{predict_function(self._stage.name, '*')}:*"
        return aws_lambda.CfnPermission(
            self,
            "Logs",
            action="lambda:InvokeFunction",
            function_name=self.function.function_arn,
            principal="logs.amazonaws.com",
            source_account=Aws.ACCOUNT_ID,
            source_arn=arn_of(self, "logs", "log-group", groups),
        )

    def _pattern(self) -> aws_logs.IFilterPattern:
        if self._stage.forward_metrics:
            # All lines of the application, including metrics, and none of the platform's.
            return aws_logs.FilterPattern.all_terms(Dimension.MODEL)
        return aws_logs.FilterPattern.literal(CAPTURED_PATTERN)
