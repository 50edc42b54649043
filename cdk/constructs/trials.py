"""What watches over versions on trial between the looks of their release, and moves bandits."""

from collections.abc import Iterable

from aws_cdk import Duration, aws_cloudwatch, aws_events, aws_events_targets, aws_lambda
from constructs import Construct

from cdk.stage import Stage
from modelfleet.domain.deployment import trial_alarm
from modelfleet.domain.release_requests import ALARM_CHANGE, SHIFT_SHARES
from modelfleet.domain.telemetry import Dimension, ServingMetric
from modelfleet.settings import NAMESPACE

_PERIOD_SECONDS = 60
_FAILURES = 10


class Trials(Construct):
    """An alarm a model on its challenger's failures, which ends the trial; and the bandits' clock.

    The champion's own errors are no part of it: they would end trials that have nothing to do with
    them. Which version is on trial changes, so the metric is asked for by query.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        models: Iterable[str],
        release: aws_lambda.IFunction,
    ) -> None:
        super().__init__(scope, id_)
        target = aws_events_targets.LambdaFunction(release, retry_attempts=3)
        if stage.metric_queries:
            self._build_rule(stage, [self._build_alarm(stage, model) for model in models], target)
        self._build_clock(stage, release)

    def _build_rule(
        self, stage: Stage, alarms: list[str], target: aws_events_targets.LambdaFunction
    ) -> None:
        aws_events.Rule(
            self,
            "Rule",
            rule_name=stage.resource("failing-challengers"),
            description="Ends the trial of a version that fails",
            event_pattern=aws_events.EventPattern(
                source=["aws.cloudwatch"],
                detail_type=[ALARM_CHANGE],
                detail={"alarmName": alarms, "state": {"value": ["ALARM"]}},
            ),
            targets=[target],
        )

    def _build_clock(self, stage: Stage, release: aws_lambda.IFunction) -> None:
        event = aws_events.RuleTargetInput.from_object({"action": SHIFT_SHARES})
        aws_events.Rule(
            self,
            "Clock",
            rule_name=stage.resource("bandits"),
            description="Moves the shares of versions in mode bandit",
            schedule=aws_events.Schedule.rate(Duration.minutes(stage.release.bandit_minutes)),
            targets=[aws_events_targets.LambdaFunction(release, event=event)],
        )

    def _build_alarm(self, stage: Stage, model: str) -> str:
        schema = f'SCHEMA("{NAMESPACE}", {Dimension.MODEL}, {Dimension.VERSION})'
        counted = f"SUM({ServingMetric.CHALLENGER_FAILURES})"
        metric = aws_cloudwatch.CfnAlarm.MetricDataQueryProperty(
            id="failures",
            period=_PERIOD_SECONDS,
            expression=f"SELECT {counted} FROM {schema} WHERE {Dimension.MODEL} = '{model}'",  # noqa: S608  # of our own names; it changes nothing
        )
        name = trial_alarm(stage.name, model)
        aws_cloudwatch.CfnAlarm(
            self,
            model,
            alarm_name=name,
            alarm_description=f"The version of {model} that is on trial does not answer",
            metrics=[metric],
            threshold=_FAILURES,
            evaluation_periods=1,
            comparison_operator="GreaterThanOrEqualToThreshold",
            treat_missing_data="notBreaching",
        )
        return name
