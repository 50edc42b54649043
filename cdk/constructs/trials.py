"""What watches over versions on trial between the looks of their release, and moves bandits."""

from collections.abc import Iterable

from aws_cdk import Duration, aws_cloudwatch, aws_events, aws_events_targets, aws_lambda
from constructs import Construct

from cdk.stage import Stage
from modelfleet.domain.deployment import trial_alarm
from modelfleet.domain.messages import ALARM_CHANGE, SHIFT_SHARES
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
        names = [self._build_alarm(stage, model) for model in models]
        target = aws_events_targets.LambdaFunction(release, retry_attempts=3)
        aws_events.Rule(
            self,
            "Rule",
            rule_name=stage.resource("failing-challengers"),
            description="Ends the trial of a version that fails",
            event_pattern=aws_events.EventPattern(
                source=["aws.cloudwatch"],
                detail_type=[ALARM_CHANGE],
                detail={"alarmName": names, "state": {"value": ["ALARM"]}},
            ),
            targets=[target],
        )
        aws_events.Rule(
            self,
            "Clock",
            rule_name=stage.resource("bandits"),
            description="Moves the shares of versions in mode bandit",
            schedule=aws_events.Schedule.rate(Duration.minutes(stage.release.bandit_minutes)),
            targets=[
                aws_events_targets.LambdaFunction(
                    release,
                    event=aws_events.RuleTargetInput.from_object({"action": SHIFT_SHARES}),
                )
            ],
        )

    def _build_alarm(self, stage: Stage, model: str) -> str:
        schema = f'SCHEMA("{NAMESPACE}", {Dimension.MODEL}, {Dimension.VERSION})'
        metric = aws_cloudwatch.CfnAlarm.MetricDataQueryProperty(
            id="failures",
            period=_PERIOD_SECONDS,
            expression=(
                # Of names that are ours; CloudWatch's queries change nothing.
                f"SELECT SUM({ServingMetric.CHALLENGER_FAILURES}) FROM {schema} "
                f"WHERE {Dimension.MODEL} = '{model}'"  # see above
            ),
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
