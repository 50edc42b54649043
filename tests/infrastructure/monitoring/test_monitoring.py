"""Alarms and dashboards use metrics that exist, under the names of deployed resources."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk.assertions import Template

from cdk.monitoring.dashboard import FleetDashboard
from cdk.monitoring.model_alarms import model_alarms
from cdk.shared.alarm_rule import RUNBOOK, Severity
from cli.local_cloud.engine.metric_math import calculate
from modelfleet.catalogue import catalogue
from modelfleet.metrics.drift_metrics import DriftMetric
from modelfleet.metrics.serving_metrics import COUNTED_FOR_THE_STAGE, ServingMetric
from modelfleet.pages.text import markdown
from modelfleet.prices import COMPUTE, PRICES_READ
from modelfleet.resource_names import StackPart
from modelfleet.spec.task import Task
from tests import hostile
from tests.fleet.graded.spec import SPEC as GRADED
from tests.infrastructure.monitored import alarm_metrics, alarmed_values, alarms, dashboards
from tests.infrastructure.templates import REPOSITORY, FleetTemplates, as_list, joined

Widget = dict[str, Any]


def test_failed_and_timed_out_retrainings_raise_an_alarm(notified_fleet: FleetTemplates) -> None:
    """One failed execution of the deployed machine is enough."""
    machine = notified_fleet.properties(StackPart.RETRAINING, "AWS::StepFunctions::StateMachine")[0]
    for metric in ("ExecutionsFailed", "ExecutionsTimedOut"):
        (alarm,) = [a for a in alarms(notified_fleet).values() if a.get("MetricName") == metric]
        arn = joined(alarm["Dimensions"][0]["Value"])
        assert arn.endswith(f":stateMachine:{machine['StateMachineName']}")
        assert (alarm["Threshold"], alarm["EvaluationPeriods"]) == (1, 1)


def test_every_model_has_alarms_of_its_own(notified_fleet: FleetTemplates) -> None:
    """Errors, latency, traffic and drift runs of each model have an alarm."""
    for model in catalogue():
        for metric in (
            ServingMetric.ERRORS,
            ServingMetric.LATENCY,
            ServingMetric.PREDICTIONS,
            DriftMetric.DRIFT_RUNS,
        ):
            assert (metric, model) in alarmed_values(notified_fleet)


def test_counts_have_one_alarm_for_all_models(notified_fleet: FleetTemplates) -> None:
    """Alarms on counts have no dimension, so that another model adds no cost."""
    counted = {
        metric.name
        for alarm in alarms(notified_fleet).values()
        for metric in alarm_metrics(alarm)
        if not metric.dimensions
    }
    assert counted == {*COUNTED_FOR_THE_STAGE, DriftMetric.DRIFT_FOUND}


def test_the_api_alarm_names_the_deployed_api(notified_fleet: FleetTemplates) -> None:
    """The 5xx alarm names the API and the stage that are deployed."""
    (api,) = notified_fleet.properties(StackPart.SERVING, "AWS::ApiGateway::RestApi")
    (stage,) = notified_fleet.properties(StackPart.SERVING, "AWS::ApiGateway::Stage")
    assert {("5XXError", api["Name"]), ("5XXError", stage["StageName"])} <= alarmed_values(
        notified_fleet
    )


def test_undelivered_schedules_raise_an_alarm(notified_fleet: FleetTemplates) -> None:
    """A message in the dead-letter queue raises an alarm."""
    (queue,) = notified_fleet.properties(StackPart.RETRAINING, "AWS::SQS::Queue")
    assert ("ApproximateNumberOfMessagesVisible", queue["QueueName"]) in alarmed_values(
        notified_fleet
    )


def test_failed_and_missing_backups_raise_an_alarm(notified_fleet: FleetTemplates) -> None:
    """Each resource of the backup plan must be copied to the deployed vault every day.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/cloudwatch.html
    """
    selections = notified_fleet.properties(StackPart.STORAGE, "AWS::Backup::BackupSelection")
    copied = sum(len(each["BackupSelection"]["Resources"]) for each in selections)
    found = {
        name.removeprefix(notified_fleet.stage.resource("")): alarm
        for name, alarm in alarms(notified_fleet).items()
        if alarm.get("Namespace") == "AWS/Backup"
    }
    expected = {"backup-failed", "backup-missing"} if notified_fleet.stage.vault_days else set()
    assert set(found) == expected
    for alarm in found.values():
        (dimension,) = alarm["Dimensions"]
        assert dimension["Name"] == "BackupVaultName"
        assert "Vault" in json.dumps(dimension["Value"])
    if found:
        missing = found["backup-missing"]
        assert (missing["Threshold"], missing["TreatMissingData"]) == (copied, "breaching")
        assert missing["ComparisonOperator"] == "LessThanThreshold"
        assert found["backup-failed"]["MetricName"] == "NumberOfBackupJobsFailed"


def test_alarms_reach_people(notified_fleet: FleetTemplates) -> None:
    """Every alarm notifies the topic when it goes off and when it ends."""
    topics = notified_fleet.resources(StackPart.MONITORING, "AWS::SNS::Topic")
    for alarm in notified_fleet.properties(StackPart.MONITORING, "AWS::CloudWatch::Alarm"):
        assert [action["Ref"] in topics for action in alarm["AlarmActions"]] == [True]
        assert alarm["OKActions"] == alarm["AlarmActions"]


def test_a_stage_without_recipients_pays_for_no_alarms(
    fleets: Mapping[str, FleetTemplates],
) -> None:
    """Dev only has the alarms that end a trial or roll back new code."""
    acting = ("challenger-fails", "new-code-fails")
    found = alarms(fleets["dev"])
    assert len(found) == 2 * len(catalogue())
    assert all(name.endswith(acting) for name in found)


def test_every_alarm_has_a_severity_and_a_runbook(notified_fleet: FleetTemplates) -> None:
    """Its description has a severity, and leads to its section of the runbook."""
    text = (REPOSITORY / RUNBOOK).read_text()
    sections = dict(re.findall(r"^## (\S+)\n\n(.+?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    told = re.compile(rf"\[({'|'.join(Severity)})\] .+ What to do: {re.escape(RUNBOOK)}#(\S+)")
    kinds = set()
    for name, alarm in alarms(notified_fleet).items():
        found = told.fullmatch(alarm["AlarmDescription"])
        assert found, alarm["AlarmDescription"]
        assert name.endswith(found[2])
        assert f"**{found[1]}**" in sections[found[2]]
        kinds.add(found[2])
    # Where new code takes over at once, there is no rollback to alarm about; without a vault, there
    # is no backup.
    optional = {"new-code-fails", "backup-failed", "backup-missing"}
    # Outcomes have alarms where a client may report them.
    optional |= {"outcomes-outrun-predictions", "outcomes-contradicted"}
    of_this_stage = set(sections) - (optional - kinds)
    assert kinds == of_this_stage


def test_every_model_has_the_same_alarms(notified_fleet: FleetTemplates) -> None:
    """A regression, which has no confidence, has one alarm less."""
    kinds = {
        model: {
            name.removeprefix(notified_fleet.stage.resource(model, ""))
            for name in alarms(notified_fleet)
            if name.startswith(notified_fleet.stage.resource(model, ""))
        }
        for model in catalogue()
    }
    least = set.intersection(*kinds.values())
    assert {"5xx-over-5-percent", "p99-over-2s", "drift-not-run"} <= least
    for model, spec in catalogue().items():
        more = set() if spec.task is Task.REGRESSION else {"low-confidence"}
        assert kinds[model] - more == least - {"low-confidence"}, model
        assert more <= kinds[model], model


def test_alarms_may_publish_and_plain_http_may_not(cloud_fleet: FleetTemplates) -> None:
    """The topic accepts this account's alarms and budgets, and refuses plain HTTP."""
    (policy,) = cloud_fleet.properties(StackPart.MONITORING, "AWS::SNS::TopicPolicy")
    statements = policy["PolicyDocument"]["Statement"]
    (denied,) = [s for s in statements if s["Effect"] == "Deny"]
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    allowed = {
        service: statement
        for statement in statements
        if statement["Effect"] == "Allow"
        for service in as_list(statement["Principal"]["Service"])
    }
    ours = {"cloudwatch.amazonaws.com", "budgets.amazonaws.com"}
    # EventBridge rules publish with a role of the account.
    assert set(allowed) == ours
    for service in ours:
        assert allowed[service]["Condition"] == {
            "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
        }


def _sections(fleet: FleetTemplates) -> tuple[list[Widget], dict[str, list[Widget]]]:
    """The widgets of the stage's only dashboard: the fleet's, and each model's by its heading."""
    ((name, widgets),) = dashboards(fleet).items()
    assert name == fleet.stage.resource("fleet")
    shared: list[Widget] = []
    models: dict[str, list[Widget]] = {}
    section = shared
    for widget in widgets:
        if widget["type"] == "text":
            heading = widget["properties"]["markdown"].split()[1]
            section = models.setdefault(heading, [])
        section.append(widget)
    return shared, models


def test_the_fleets_dashboard_shows_every_model(fleet: FleetTemplates) -> None:
    """Each model has a line in the graphs that an alarm of the whole fleet leads to."""
    widgets, _ = _sections(fleet)
    graphs = [w["properties"] for w in widgets if "States" not in json.dumps(w)]
    assert {graph["title"] for graph in graphs} == {
        "Requests",
        "Latency p95 (ms)",
        "5xx responses",
        "Releases not loaded",
        "Function errors",
        "Throttles",
    }
    for graph in graphs:
        assert {metric[-1]["label"] for metric in graph["metrics"]} == set(catalogue())


def test_every_model_has_a_section_of_its_own(fleet: FleetTemplates) -> None:
    """It shows the metrics of serving and drift for this model, and of no other."""
    for model, spec in catalogue().items():
        text = json.dumps(_sections(fleet)[1][model])
        unshown = {ServingMetric.CACHE_HITS, ServingMetric.SHADOW_FAILURES}
        if not bool(spec.outcomes):
            unshown.add(ServingMetric.LOW_CONFIDENCE)
        shown = {metric for metric in ServingMetric if f'"{metric}"' in text}
        searched = {ServingMetric.REQUESTS}
        assert shown | searched == set(ServingMetric) - unshown
        unwatched = {DriftMetric.DRIFT_RUNS}
        if not spec.classes:
            unwatched.add(DriftMetric.CLASS_SHARE)
        for metric in set(DriftMetric) - unwatched:
            assert metric in text
        assert not [other for other in catalogue() if other != model and other in text]


def test_a_model_of_many_classes_shows_their_shares(fleet: FleetTemplates) -> None:
    """A multi-class model has one more graph, and the same alarm on low confidence."""
    stack = Stack(App(), "Alone")
    FleetDashboard(
        stack, "Fleet", stage=fleet.stage, models={GRADED.name: GRADED}, state_machine_arn="arn"
    )
    text = json.dumps(Template.from_stack(stack).to_json())
    assert DriftMetric.CLASS_SHARE in text
    assert ServingMetric.LOW_CONFIDENCE in text
    kinds = {rule.kind for rule in model_alarms(fleet.stage.name, GRADED, reporting=True)}
    assert "low-confidence" in kinds


def test_spend_is_estimated_with_the_configured_memory(fleet: FleetTemplates) -> None:
    """A busy hour costs what Lambda charges for the function's memory."""
    for model in catalogue():
        name = fleet.stage.resource("predict", model)
        gigabytes = fleet.functions()[name]["MemorySize"] / 1024
        (graph,) = [
            widget["properties"]
            for widget in _sections(fleet)[1][model]
            if "milliseconds" in json.dumps(widget)
        ]
        (expression,) = [m[0]["expression"] for m in graph["metrics"] if "expression" in m[0]]
        spent = calculate(expression, {"calls": 0.0, "milliseconds": 3.6e6})
        assert spent == pytest.approx(3600 * gigabytes * COMPUTE.usd, rel=1e-4)
        assert PRICES_READ in graph["title"]


def test_a_title_contains_no_markup(fleet: FleetTemplates) -> None:
    """On a dashboard it is one line without link, image, heading or element."""
    for title in hostile.MARKUP:
        spec = GRADED.model_copy(update={"title": title})
        stack = Stack(App(), "Alone")
        FleetDashboard(
            stack, "Fleet", stage=fleet.stage, models={spec.name: spec}, state_machine_arn="arn"
        )
        text = json.dumps(Template.from_stack(stack).to_json())
        assert json.dumps(json.dumps(f"\n{markdown(title)}: `fleet status`"))[3:-3] in text
