"""Rules for trials: end trials of failing challengers, and update bandits."""

from collections.abc import Collection

from aws_cdk import Duration, aws_events, aws_events_targets, aws_lambda
from constructs import Construct

from cdk.settings.stage import Stage
from cdk.shared.alarm import Alarm
from cdk.shared.alarm_rule import MINUTE, AlarmRule, Severity, of_model
from modelfleet.metrics.serving_metrics import ServingMetric
from modelfleet.release.requests import ALARM_CHANGE, SHIFT_SHARES
from modelfleet.resource_names import TRIAL_ALARM, Resource, trial_alarm

_RETRY_ATTEMPTS = 3


def challenger_rule(stage: str, model: str) -> AlarmRule:
    """Return the alarm that ends a trial.

    The champion's errors do not count, because they may be unrelated to the trial. The metric has
    no version, because the next trial has another one.
    """
    return AlarmRule(
        model=model,
        kind=TRIAL_ALARM,
        severity=Severity.WARNING,
        summary="the challenger failed 10 times in a minute; the champion answered instead",
        metrics={"failures": of_model(stage, model, ServingMetric.CHALLENGER_FAILURES)},
        limit=10,
        period_seconds=MINUTE,
    )


class Trials(Construct):
    """An alarm per model that ends its challenger's trial, and a schedule for bandits."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        models: Collection[str],
        release: aws_lambda.IFunction,
    ) -> None:
        super().__init__(scope, id_)
        for model in models:
            Alarm(self, stage=stage, rule=challenger_rule(stage.name, model))
        self._build_rule(stage, release)
        self._build_clock(stage, release)

    def _build_rule(self, stage: Stage, release: aws_lambda.IFunction) -> None:
        # A pattern has at most 2,048 characters, which the names of 40 alarms fill.
        alarms = aws_events.Match.wildcard(trial_alarm(stage.name, "*"))
        target = aws_events_targets.LambdaFunction(release, retry_attempts=_RETRY_ATTEMPTS)
        aws_events.Rule(
            self,
            "Rule",
            rule_name=stage.resource(Resource.FAILING_CHALLENGERS),
            description="Ends the trial of a challenger that fails",
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
            rule_name=stage.resource(Resource.BANDITS),
            description="Updates the shares of versions in mode bandit",
            schedule=aws_events.Schedule.rate(Duration.minutes(stage.release.bandit_minutes)),
            targets=[aws_events_targets.LambdaFunction(release, event=event)],
        )
