"""What watches over versions on trial between the looks of their release, and moves bandits."""

from collections.abc import Collection

from aws_cdk import Duration, aws_events, aws_events_targets, aws_lambda
from constructs import Construct

from cdk.monitoring.model_alarms import challenger_alarm
from cdk.settings.stage import Stage
from cdk.shared.alarms import build_alarm
from modelfleet.domain.deployment import trial_alarm
from modelfleet.domain.release_requests import ALARM_CHANGE, SHIFT_SHARES


class Trials(Construct):
    """An alarm a model on its challenger's failures, which ends the trial; and the bandits' clock.

    The champion's own errors are no part of it: they would end trials that have nothing to do with
    them. It is on the metric by model alone, because which version is on trial changes.
    """

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
        target = aws_events_targets.LambdaFunction(release, retry_attempts=3)
        for model in models:
            build_alarm(self, stage=stage, rule=challenger_alarm(stage.name, model))
        self._build_rule(stage, [trial_alarm(stage.name, model) for model in models], target)
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
