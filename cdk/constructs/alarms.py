"""Alarms on what AWS itself measures, all of which notify one topic."""

from collections.abc import Iterable

from aws_cdk import Duration, aws_cloudwatch, aws_cloudwatch_actions, aws_sns
from constructs import Construct

from cdk.stage import Stage
from modelfleet.domain import deployment

_PERIOD = 5
_ERROR_LIMIT = 5
_LAMBDA = "AWS/Lambda"
_MACHINE = "AWS/States"
_API = "AWS/ApiGateway"
_QUEUE = "AWS/SQS"
_FIREHOSE = "AWS/Firehose"
_STALE_SECONDS = 3600


class FleetAlarms(Construct):
    """One named alarm per thing that wants a person."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        topic: aws_sns.ITopic,
        models: Iterable[str],
        state_machine_arn: str,
        undelivered_queue: str,
        undelivered_captures_queue: str,
        capture_stream: str,
    ) -> None:
        super().__init__(scope, id_)
        self._stage = stage
        self._topic = topic
        self._watch_retraining(state_machine_arn, undelivered_queue)
        self._watch_captures(undelivered_captures_queue, capture_stream)
        self._watch_api()
        for model in models:
            self._watch_model(model)

    def _watch_retraining(self, state_machine_arn: str, undelivered_queue: str) -> None:
        machine = {"StateMachineArn": state_machine_arn}
        self._alarm("retraining-failed", _MACHINE, "ExecutionsFailed", machine)
        self._alarm("retraining-timed-out", _MACHINE, "ExecutionsTimedOut", machine)
        self._alarm(
            "schedule-undelivered",
            _QUEUE,
            "ApproximateNumberOfMessagesVisible",
            {"QueueName": undelivered_queue},
            statistic="Maximum",
        )

    def _watch_captures(self, undelivered_queue: str, stream: str) -> None:
        function = {"FunctionName": deployment.captures_function(self._stage.name)}
        self._alarm("captures-errors", _LAMBDA, "Errors", function)
        self._alarm(
            "captures-undelivered",
            _QUEUE,
            "ApproximateNumberOfMessagesVisible",
            {"QueueName": undelivered_queue},
            statistic="Maximum",
        )
        self._alarm(
            "captures-stale",
            _FIREHOSE,
            "DeliveryToS3.DataFreshness",
            {"DeliveryStreamName": stream},
            statistic="Maximum",
            limit=_STALE_SECONDS,
        )

    def _watch_api(self) -> None:
        api = {"ApiName": self._stage.resource("api"), "Stage": self._stage.name}
        self._alarm("api-5xx", _API, "5XXError", api, limit=_ERROR_LIMIT)

    def _watch_model(self, model: str) -> None:
        function = {"FunctionName": deployment.predict_function(self._stage.name, model)}
        self._alarm(f"{model}-errors", _LAMBDA, "Errors", function, limit=_ERROR_LIMIT)
        self._alarm(f"{model}-throttles", _LAMBDA, "Throttles", function)

    def _alarm(
        self,
        name: str,
        namespace: str,
        metric: str,
        dimensions: dict[str, str],
        *,
        limit: int = 1,
        statistic: str = "Sum",
    ) -> None:
        alarm = aws_cloudwatch.Alarm(
            self,
            name,
            alarm_name=self._stage.resource(name),
            metric=aws_cloudwatch.Metric(
                namespace=namespace,
                metric_name=metric,
                dimensions_map=dimensions,
                statistic=statistic,
                period=Duration.minutes(_PERIOD),
            ),
            threshold=limit,
            evaluation_periods=1,
            comparison_operator=(
                aws_cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
            ),
            # No execution, no request: nothing is wrong.
            treat_missing_data=aws_cloudwatch.TreatMissingData.NOT_BREACHING,
            actions_enabled=self._stage.alarm_notifications,
        )
        action = aws_cloudwatch_actions.SnsAction(self._topic)
        alarm.add_alarm_action(action)
        alarm.add_ok_action(action)
