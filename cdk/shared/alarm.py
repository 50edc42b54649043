"""The construct of an alarm rule."""

from aws_cdk import Duration, aws_cloudwatch
from constructs import Construct

from cdk.settings.stage import Stage
from cdk.shared.alarm_rule import AlarmRule, Comparison, Measured, MissingData

_COMPARISONS = {
    Comparison.AT_LEAST: aws_cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    Comparison.OVER: aws_cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
    Comparison.BELOW: aws_cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
    Comparison.AT_MOST: aws_cloudwatch.ComparisonOperator.LESS_THAN_OR_EQUAL_TO_THRESHOLD,
}
_MISSING = {
    MissingData.OK: aws_cloudwatch.TreatMissingData.NOT_BREACHING,
    MissingData.BREACHING: aws_cloudwatch.TreatMissingData.BREACHING,
}


class Alarm(aws_cloudwatch.Alarm):
    """An alarm without actions."""

    def __init__(self, scope: Construct, *, stage: Stage, rule: AlarmRule) -> None:
        super().__init__(
            scope,
            rule.name,
            alarm_name=stage.resource(rule.name),
            alarm_description=rule.description,
            metric=_metric(rule),
            threshold=rule.limit,
            evaluation_periods=rule.periods,
            datapoints_to_alarm=rule.periods_to_alarm,
            comparison_operator=_COMPARISONS[rule.comparison],
            treat_missing_data=_MISSING[rule.missing],
            evaluate_low_sample_count_percentile="ignore" if rule.significant_only else None,
        )


def _metric(rule: AlarmRule) -> aws_cloudwatch.IMetric:
    period = Duration.seconds(rule.period_seconds)
    metrics = {name: _statistic(each, period) for name, each in rule.metrics.items()}
    if rule.expression is None:
        (metric,) = metrics.values()
        return metric
    return aws_cloudwatch.MathExpression(
        expression=rule.expression, using_metrics=metrics, period=period, label=rule.kind
    )


def _statistic(measured: Measured, period: Duration) -> aws_cloudwatch.Metric:
    return aws_cloudwatch.Metric(
        namespace=measured.namespace,
        metric_name=measured.name,
        dimensions_map=dict(measured.dimensions),
        statistic=measured.statistic,
        period=period,
    )
