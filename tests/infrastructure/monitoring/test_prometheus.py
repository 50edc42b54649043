"""Prometheus and Grafana query what the metrics function exports."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

import promql_parser
import pytest
import yaml

from cdk.monitoring.fleet_alarms import fleet_alarms
from cdk.monitoring.model_alarms import model_alarms
from cdk.retraining.trials import challenger_rule
from cdk.shared.alarm_rule import RUNBOOK, AlarmRule
from modelfleet.catalogue import find
from modelfleet.resource_names import METRICS_PATH, StackPart
from modelfleet.settings import NAMESPACE
from tests.exported import families
from tests.infrastructure.templates import REPOSITORY, FleetTemplates
from tests.stages import PROD

FOLDER = REPOSITORY / "monitoring"
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((FOLDER / "prometheus" / "rules.yml").read_text())["groups"]
    for rule in group["rules"]
]
BOARD = json.loads((FOLDER / "grafana" / "fleet.json").read_text())
PANELS = [target["expr"] for panel in BOARD["panels"] for target in panel["targets"]]
ALARMS = {
    rule.kind: rule
    for rule in [
        *model_alarms(PROD.name, find("bankchurn"), reporting=True),
        challenger_rule(PROD.name, "bankchurn"),
        *fleet_alarms(PROD, "arn"),
    ]
}


class Asked(NamedTuple):
    """A series that an expression names, and all labels that it selects or groups by."""

    name: str | None
    labels: frozenset[str]


class _Visitor:
    """Collects the series of an expression."""

    def __init__(self) -> None:
        self.names: list[tuple[str | None, frozenset[str]]] = []
        self.by: set[str] = set()
        self.numbers: list[float] = []

    def __call__(self, node: object) -> bool:
        """Visit one node on the way down."""
        if isinstance(node, promql_parser.VectorSelector):
            labels = frozenset(each.name for each in node.matchers.matchers)
            self.names.append((node.name, labels))
        elif isinstance(node, promql_parser.AggregateExpr) and node.modifier:
            self.by |= set(node.modifier.labels)
        elif isinstance(node, promql_parser.NumberLiteral):
            self.numbers.append(node.val)
        return True


@pytest.fixture(scope="module")
def exported(exported_text: str) -> dict[str, set[frozenset[str]]]:
    """The labels of every series in the exported text, by the series' name."""
    found: dict[str, set[frozenset[str]]] = defaultdict(set)
    for family in families(exported_text).values():
        for sample in family.samples:
            found[sample.name].add(frozenset(sample.labels))
    return found


def _visited(expression: str) -> _Visitor:
    visitor = _Visitor()
    promql_parser.walk(promql_parser.parse(expression), visitor)
    return visitor


def _asked(expression: str) -> Iterator[Asked]:
    visitor = _visited(expression)
    assert visitor.names, expression
    for name, labels in visitor.names:
        yield Asked(name, labels | visitor.by)


@pytest.mark.parametrize(
    "expression", [*(rule["expr"] for rule in RULES), *PANELS], ids=lambda e: re.sub(r"\W+", " ", e)
)
def test_every_series_is_exported_with_these_labels(
    expression: str, exported: dict[str, set[frozenset[str]]]
) -> None:
    """Each expression parses, and its series are exported with the labels that it uses."""
    for asked in _asked(expression):
        assert [labels for labels in exported[asked.name or ""] if asked.labels <= labels], asked


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_equals_the_alarm_of_the_same_name(rule: dict[str, Any]) -> None:
    """Prometheus alerts as CloudWatch does: with the same limit and severity."""
    alarm: AlarmRule = ALARMS[rule["alert"]]
    assert rule["labels"] == {"severity": alarm.severity}
    assert rule["annotations"]["runbook"] == f"{RUNBOOK}#{alarm.kind}"
    numbers = set(_visited(rule["expr"]).numbers)
    assert _limit(alarm) in numbers
    least = re.search(r"requests >= (\d+)", alarm.expression or "")
    assert least is None or float(least[1]) in numbers


def _limit(alarm: AlarmRule) -> float:
    """The limit of an alarm; a percentile of ones and zeros stands for the share of ones."""
    if not alarm.significant_only:
        return alarm.limit
    (metric,) = alarm.metrics.values()
    return 100 - float(metric.statistic.removeprefix("p"))


def test_alarms_on_custom_metrics_have_a_rule() -> None:
    """Every alarm on a metric of ours has a rule, and one of those on AWS's metrics."""
    ours = {
        kind
        for kind, rule in ALARMS.items()
        if all(metric.namespace.startswith(NAMESPACE) for metric in rule.metrics.values())
    }
    assert {rule["alert"] for rule in RULES} == ours | {"errors-over-1-percent"}


def test_grafana_finds_its_models_in_the_exported_series(
    exported: dict[str, set[frozenset[str]]],
) -> None:
    """The dashboard's selection of models uses an exported label."""
    (chosen,) = [each for each in BOARD["templating"]["list"] if each["name"] == "model"]
    found = re.fullmatch(r"label_values\((\w+), (\w+)\)", chosen["query"]["query"])
    assert found
    assert any(found[2] in labels for labels in exported[found[1]])


def test_prometheus_scrapes_the_apis_path(fleets: dict[str, FleetTemplates]) -> None:
    """The path below the stage is the gateway's, and requires a key."""
    (job,) = yaml.safe_load((FOLDER / "prometheus" / "scrape.yml").read_text())
    _, stage, path = job["metrics_path"].split("/")
    assert path == METRICS_PATH
    assert "x-api-key" in job["http_headers"]
    templates = fleets[stage]
    resources = templates.resources(StackPart.SERVING, "AWS::ApiGateway::Resource")
    (resource,) = [n for n, r in resources.items() if r["Properties"]["PathPart"] == path]
    (method,) = [
        each
        for each in templates.properties(StackPart.SERVING, "AWS::ApiGateway::Method")
        if each["ResourceId"] == {"Ref": resource} and each["HttpMethod"] == "GET"
    ]
    assert method["ApiKeyRequired"] is True


def test_the_files_state_the_versions_that_they_need() -> None:
    """As does the documentation; `http_headers` came with Prometheus 2.55, schema 39 with 10.4."""
    text = (REPOSITORY / "docs" / "monitoring.md").read_text()
    scrape = (FOLDER / "prometheus" / "scrape.yml").read_text()
    assert "http_headers:" in scrape
    assert scrape.startswith("# Needs Prometheus 2.55 or newer")
    rules = (FOLDER / "prometheus" / "rules.yml").read_text()
    assert rules.startswith("# Needs Prometheus 2.42 or newer")
    needs = {each["id"]: each["version"] for each in BOARD["__requires"]}
    assert (BOARD["schemaVersion"], needs["grafana"]) == (39, "10.4.0")
    assert {panel["type"] for panel in BOARD["panels"]} <= needs.keys()
    for version in ("Prometheus 2.55", "2.42", "Grafana 10.4"):
        assert version in text
