"""Costs of monitoring: alarms, dashboards, metrics, and daily drift runs."""

from collections.abc import Iterator, Mapping
from typing import Any

from cli.costs.line import CostLine
from cli.costs.schedules import HOURS_A_MONTH, runs_a_month
from cli.costs.usage import Usage
from cli.templates import Deployed, gigabytes
from modelfleet import prices
from modelfleet.resource_names import StackPart


def alarm_lines(deployed: Deployed, _usage: Usage) -> Iterator[CostLine]:
    """Yield the line of alarms, which are charged per metric."""
    alarms = deployed.of("AWS::CloudWatch::Alarm")
    metrics = sum(map(_metrics, alarms))
    yield CostLine("monitoring", f"{len(alarms)} alarms", prices.ALARMS, idle=metrics)


def dashboard_lines(deployed: Deployed, _usage: Usage) -> Iterator[CostLine]:
    """Yield the line of dashboards."""
    number = len(deployed.of("AWS::CloudWatch::Dashboard"))
    yield CostLine("monitoring", "dashboards", prices.DASHBOARDS, idle=number)


def metric_lines(deployed: Deployed, usage: Usage) -> Iterator[CostLine]:
    """Yield the lines of metrics, for the hours in which they have values."""
    reporting = any(each.get("Variables") for each in deployed.of("AWS::ApiGateway::Stage"))
    each = usage.measured_metrics + (usage.outcome_metrics if reporting else 0)
    serving = each * deployed.models * usage.busy_hours(deployed.models)
    yield CostLine(
        "monitoring", "metrics of serving", prices.CUSTOM_METRICS, used=serving / HOURS_A_MONTH
    )
    # A drift run emits its values within one hour.
    runs = _drift_runs(deployed)
    idle = usage.idle_metrics * runs / HOURS_A_MONTH
    called = (usage.watched_metrics - usage.idle_metrics) * runs / HOURS_A_MONTH
    yield CostLine(
        "monitoring",
        "metrics of drift",
        prices.CUSTOM_METRICS,
        idle=idle,
        used=called if usage.predictions else 0.0,
    )


def drift_lines(deployed: Deployed, usage: Usage) -> Iterator[CostLine]:
    """Yield the line of the drift functions."""
    functions = deployed.functions(StackPart.DRIFT, "drift-")
    size = sum(map(gigabytes, functions)) / len(functions)
    work = _drift_runs(deployed) * usage.watching_seconds * size
    yield CostLine("monitoring", "daily drift runs", prices.COMPUTE, idle=work)


def _drift_runs(deployed: Deployed) -> float:
    return sum(map(runs_a_month, deployed.schedules(StackPart.DRIFT)))


def _metrics(alarm: Mapping[str, Any]) -> int:
    return 1 if "MetricName" in alarm else sum("MetricStat" in each for each in alarm["Metrics"])
