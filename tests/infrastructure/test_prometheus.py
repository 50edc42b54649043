"""What Prometheus and Grafana are told to ask for is what the metrics function answers."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import promql_parser
import pytest
import yaml

from cdk.alarm_rule import RUNBOOK, AlarmRule
from cdk.fleet_alarms import fleet_alarms
from cdk.model_alarms import challenger_alarm, model_alarms
from cdk.stages import PROD
from modelfleet.catalogue import find
from modelfleet.domain.deployment import METRICS_PATH, StackPart
from modelfleet.domain.ports import MetricQuestion
from modelfleet.domain.watching_metrics import WatchingMetric, dimension_sets
from modelfleet.pipelines.export_metrics import MetricsExport
from modelfleet.settings import NAMESPACE
from tests.emission import Emitted
from tests.exported import families
from tests.infrastructure.templates import REPOSITORY, FleetTemplates

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
        *model_alarms(PROD.name, find("bankchurn")),
        challenger_alarm(PROD.name, "bankchurn"),
        *fleet_alarms(PROD, "arn"),
    ]
}


class Asked(NamedTuple):
    """A series that an expression names, and every label that it is chosen or put together by."""

    name: str | None
    labels: frozenset[str]


class _Visitor:
    """Collects what an expression asks for."""

    def __init__(self) -> None:
        self.names: list[tuple[str | None, frozenset[str]]] = []
        self.by: set[str] = set()
        self.numbers: list[float] = []

    def __call__(self, node: object) -> bool:
        """Look at one node on the way down."""
        if isinstance(node, promql_parser.VectorSelector):
            labels = frozenset(each.name for each in node.matchers.matchers)
            self.names.append((node.name, labels))
        elif isinstance(node, promql_parser.AggregateExpr) and node.modifier:
            self.by |= set(node.modifier.labels)
        elif isinstance(node, promql_parser.NumberLiteral):
            self.numbers.append(node.val)
        return True


class _Everything:
    """A `MetricCollector` that knows all that is emitted, and has measured 1 of each."""

    def __init__(self, emitted: set[Emitted]) -> None:
        self._emitted = emitted

    def known(self) -> Sequence[MetricQuestion]:
        """Tell what of ours is emitted."""
        ours = (each for each in self._emitted if each.namespace == NAMESPACE)
        return [MetricQuestion(each.name, dict(each.dimensions)) for each in ours]

    def latest(
        self, questions: Sequence[MetricQuestion], _period: int, _start: datetime, _end: datetime
    ) -> Sequence[float | None]:
        """Answer 1 to everything."""
        return [1.0] * len(questions)


@pytest.fixture(scope="module")
def exported(measured: set[Emitted]) -> dict[str, set[frozenset[str]]]:
    """The names of the labels of every series in the exported text, by the series' name."""
    emitted = measured | _of_classes()
    text = MetricsExport(_Everything(emitted), lambda: datetime.now(UTC)).text()
    found: dict[str, set[frozenset[str]]] = defaultdict(set)
    for family in families(text).values():
        for sample in family.samples:
            found[sample.name].add(frozenset(sample.labels))
    return found


def _of_classes() -> set[Emitted]:
    """What a model of more than two classes measures besides, which none of the fleet has."""
    metric = WatchingMetric.CLASS_SHARE
    return {
        Emitted(NAMESPACE, metric, frozenset((str(dimension), "x") for dimension in dimensions))
        for dimensions in dimension_sets(metric)
    }


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
    """An expression parses, and each series it names is in the text with the labels it names."""
    for asked in _asked(expression):
        assert [labels for labels in exported[asked.name or ""] if asked.labels <= labels], asked


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_is_the_alarm_of_the_same_name(rule: dict[str, Any]) -> None:
    """Prometheus alerts as CloudWatch does: on the same limits, and as severely."""
    alarm: AlarmRule = ALARMS[rule["alert"]]
    assert rule["labels"] == {"severity": alarm.severity}
    assert rule["annotations"]["runbook"] == f"{RUNBOOK}#{alarm.kind}"
    numbers = set(_visited(rule["expr"]).numbers)
    assert _limit(alarm) in numbers
    least = re.search(r"requests >= (\d+)", alarm.expression or "")
    assert least is None or float(least[1]) in numbers


def _limit(alarm: AlarmRule) -> float:
    """What may not be crossed: of ones and zeros, a percentile stands for the share of ones."""
    if not alarm.significant_only:
        return alarm.limit
    (metric,) = alarm.metrics.values()
    return 100 - float(metric.statistic.removeprefix("p"))


def test_what_callers_notice_is_alerted_in_both_worlds() -> None:
    """Every alarm on a metric of ours has its rule; of those on AWS's own metrics, one has."""
    ours = {
        kind
        for kind, rule in ALARMS.items()
        if all(metric.namespace == NAMESPACE for metric in rule.metrics.values())
    }
    assert {rule["alert"] for rule in RULES} == ours | {"errors-over-1-percent"}


def test_grafana_finds_its_models_in_the_exported_series(
    exported: dict[str, set[frozenset[str]]],
) -> None:
    """The dashboard's choice of models is filled from a label that is there."""
    (chosen,) = [each for each in BOARD["templating"]["list"] if each["name"] == "model"]
    found = re.fullmatch(r"label_values\((\w+), (\w+)\)", chosen["query"]["query"])
    assert found
    assert any(found[2] in labels for labels in exported[found[1]])


def test_prometheus_scrapes_where_the_api_answers(fleets: dict[str, FleetTemplates]) -> None:
    """The path below the stage is the one that the gateway has, with a key."""
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
