"""Alarms that notify a topic, coming and going."""

from collections.abc import Iterable

from aws_cdk import Duration, aws_cloudwatch, aws_cloudwatch_actions, aws_sns
from constructs import Construct

from cdk.settings.stage import Stage
from cdk.shared.alarm_rule import AlarmRule, Crossing, Measured, Missing


class Alarms(Construct):
    """An alarm for every rule."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        topic: aws_sns.ITopic,
        rules: Iterable[AlarmRule],
    ) -> None:
        super().__init__(scope, id_)
        action = aws_cloudwatch_actions.SnsAction(topic)
        for rule in rules:
            alarm = build_alarm(self, stage=stage, rule=rule)
            alarm.add_alarm_action(action)
            alarm.add_ok_action(action)


def build_alarm(scope: Construct, *, stage: Stage, rule: AlarmRule) -> aws_cloudwatch.Alarm:
    """Make an alarm that notifies nobody yet."""
    return aws_cloudwatch.Alarm(
        scope,
        rule.name,
        alarm_name=stage.resource(rule.name),
        alarm_description=rule.description,
        metric=_watched(rule),
        threshold=rule.limit,
        evaluation_periods=rule.periods,
        datapoints_to_alarm=rule.periods_to_alarm,
        comparison_operator=_COMPARISONS[rule.crossing],
        treat_missing_data=_MISSING[rule.missing],
        evaluate_low_sample_count_percentile="ignore" if rule.significant_only else None,
    )


def _watched(rule: AlarmRule) -> aws_cloudwatch.IMetric:
    period = Duration.seconds(rule.period_seconds)
    metrics = {name: _metric(each, period) for name, each in rule.metrics.items()}
    if rule.expression is None:
        (metric,) = metrics.values()
        return metric
    return aws_cloudwatch.MathExpression(
        expression=rule.expression, using_metrics=metrics, period=period, label=rule.kind
    )


def _metric(measured: Measured, period: Duration) -> aws_cloudwatch.Metric:
    return aws_cloudwatch.Metric(
        namespace=measured.namespace,
        metric_name=measured.name,
        dimensions_map=dict(measured.dimensions),
        statistic=measured.statistic,
        period=period,
    )


_COMPARISONS = {
    Crossing.FROM: aws_cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    Crossing.OVER: aws_cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
    Crossing.BELOW: aws_cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
    Crossing.UP_TO: aws_cloudwatch.ComparisonOperator.LESS_THAN_OR_EQUAL_TO_THRESHOLD,
}
_MISSING = {
    Missing.FINE: aws_cloudwatch.TreatMissingData.NOT_BREACHING,
    Missing.BAD: aws_cloudwatch.TreatMissingData.BREACHING,
}
