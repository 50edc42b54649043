"""The metrics, and searches for metrics, on the alarms and dashboards of a template."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from modelfleet.resource_names import StackPart
from tests.emission import Emitted
from tests.infrastructure.templates import FleetTemplates, joined

_ALARM = "AWS::CloudWatch::Alarm"
_DASHBOARD = "AWS::CloudWatch::Dashboard"
_SEARCH = re.compile(r"SEARCH\('\{([^}]*)\} ([^']*)', '(\w+)'")


class Search(NamedTuple):
    """A search for metrics: a namespace, the names of all dimensions, and the values given."""

    namespace: str
    dimensions: frozenset[str]
    wanted: tuple[tuple[str, str], ...]


def alarms(fleet: FleetTemplates) -> dict[str, dict[str, Any]]:
    """All alarms of a stage in any stack, by name."""
    found = [each for part in StackPart for each in fleet.properties(part, _ALARM)]
    return {each["AlarmName"]: each for each in found}


def alarm_metrics(alarm: dict[str, Any]) -> list[Emitted]:
    """The metrics that an alarm is on."""
    if "MetricName" in alarm:
        return [_metric(alarm)]
    stats = [each["MetricStat"]["Metric"] for each in alarm["Metrics"] if "MetricStat" in each]
    return [_metric(each) for each in stats]


def alarmed_values(fleet: FleetTemplates) -> set[tuple[str, str]]:
    """Every metric that an alarm is on, with the value of each dimension."""
    return {
        (metric.name, value)
        for alarm in alarms(fleet).values()
        for metric in alarm_metrics(alarm)
        for _, value in metric.dimensions
    }


def dashboards(fleet: FleetTemplates) -> dict[str, list[dict[str, Any]]]:
    """The widgets of every dashboard, by its name."""
    return {
        each["DashboardName"]: json.loads(joined(each["DashboardBody"]))["widgets"]
        for part in StackPart
        for each in fleet.properties(part, _DASHBOARD)
    }


def monitored_metrics(fleet: FleetTemplates) -> set[Emitted]:
    """Every metric that an alarm or a widget names."""
    found = {each for alarm in alarms(fleet).values() for each in alarm_metrics(alarm)}
    for entry in _widget_entries(fleet):
        if isinstance(entry[0], str):
            namespace, name, *pairs = (each for each in entry if isinstance(each, str))
            dimensions = frozenset(zip(pairs[::2], pairs[1::2], strict=True))
            found.add(Emitted(namespace, name, dimensions))
    return found


def searches(fleet: FleetTemplates) -> set[Search]:
    """Every search of a widget."""
    expressions = [
        entry[0]["expression"]
        for entry in _widget_entries(fleet)
        if isinstance(entry[0], dict) and "SEARCH" in entry[0].get("expression", "")
    ]
    return {found for text in expressions for found in _parsed(text)}


def matches(search: Search, metric: Emitted) -> bool:
    """Whether a search finds a metric."""
    named = dict(metric.dimensions)
    values = named | {"MetricName": metric.name}
    return (
        search.namespace == metric.namespace
        and search.dimensions == named.keys()
        and all(values.get(key) == value for key, value in search.wanted)
    )


def _parsed(expression: str) -> Iterator[Search]:
    found = _SEARCH.findall(expression)
    assert len(found) == expression.count("SEARCH("), expression
    for schema, terms, _statistic in found:
        namespace, *dimensions = schema.split(",")
        wanted = re.findall(r'(\w+)="([^"]*)"', terms)
        assert " ".join(f'{key}="{value}"' for key, value in wanted) == terms, terms
        yield Search(namespace, frozenset(dimensions), tuple(wanted))


def _widget_entries(fleet: FleetTemplates) -> Iterator[list[Any]]:
    for widgets in dashboards(fleet).values():
        for widget in widgets:
            yield from widget["properties"].get("metrics", [])


def _metric(properties: dict[str, Any]) -> Emitted:
    dimensions = {each["Name"]: _text(each["Value"]) for each in properties.get("Dimensions") or ()}
    return Emitted(properties["Namespace"], properties["MetricName"], frozenset(dimensions.items()))


def _text(value: Any) -> str:
    """A dimension's value, or a placeholder if it is known only at deployment."""
    return "<reference>" if isinstance(value, dict) and "Fn::GetAtt" in value else joined(value)
