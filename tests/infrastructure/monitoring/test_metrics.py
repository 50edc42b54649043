"""Alarms and dashboards use only metrics that exist, compared with what the handlers emit."""

from collections.abc import Mapping

from modelfleet.settings import NAMESPACE, drift_namespace, namespace
from tests.emission import Emitted
from tests.infrastructure.monitored import matches, monitored_metrics, searches
from tests.infrastructure.templates import FleetTemplates, as_list

# Metrics of AWS, by the dimensions that its user guides document.
VERSION_OF_AN_ALIAS = {"Resource", "ExecutedVersion"}
AWS_EMITS = {
    "AWS/Lambda": ({"FunctionName"}, {"Invocations", "Errors", "Throttles", "Duration"}),
    "AWS/States": (
        {"StateMachineArn"},
        {"ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut"},
    ),
    "AWS/ApiGateway": ({"ApiName", "Stage"}, {"5XXError", "Count"}),
    "AWS/Firehose": ({"DeliveryStreamName"}, {"DeliveryToS3.DataFreshness"}),
    "AWS/Backup": (
        {"BackupVaultName"},
        {"NumberOfBackupJobsFailed", "NumberOfBackupJobsCompleted"},
    ),
    "AWS/SQS": ({"QueueName"}, {"ApproximateNumberOfMessagesVisible"}),
}


def _names_itself(metric: Emitted) -> bool:
    return not metric.namespace.startswith("AWS/")


def _of_stage(fleet: FleetTemplates, measured: set[Emitted]) -> set[Emitted]:
    """The handlers' metrics, as they would be in this stage."""
    stage = fleet.stage.name
    own = {NAMESPACE: namespace(stage), drift_namespace("prod"): drift_namespace(stage)}
    return {each._replace(namespace=own.get(each.namespace, each.namespace)) for each in measured}


def test_every_metric_of_ours_is_emitted(fleet: FleetTemplates, measured: set[Emitted]) -> None:
    """An alarm or a widget names a metric with exactly the dimensions that a handler emits."""
    ours = {each for each in monitored_metrics(fleet) if _names_itself(each)}
    assert ours
    assert ours - _of_stage(fleet, measured) == set()


def test_every_metric_of_aws_is_documented(notified_fleet: FleetTemplates) -> None:
    """Metrics of AWS are used with the dimensions that AWS documents."""
    theirs = {each for each in monitored_metrics(notified_fleet) if not _names_itself(each)}
    for metric in theirs:
        dimensions, names = AWS_EMITS[metric.namespace]
        assert {name for name, _ in metric.dimensions} - VERSION_OF_AN_ALIAS == dimensions
        assert metric.name in names
    without_vault = set() if notified_fleet.stage.vault_days else {"AWS/Backup"}
    assert {each.namespace for each in theirs} == set(AWS_EMITS) - without_vault


def test_every_search_finds_something(fleet: FleetTemplates, measured: set[Emitted]) -> None:
    """A search has the namespace, the dimensions and the name of an emitted metric."""
    own = _of_stage(fleet, measured)
    for search in searches(fleet):
        assert any(matches(search, metric) for metric in own), search


def test_stages_share_no_metric(fleets: Mapping[str, FleetTemplates]) -> None:
    """Stages in one account share no custom metric, though they have the same models."""
    named = [
        {each.namespace for each in monitored_metrics(fleets[name]) if _names_itself(each)}
        for name in ("dev", "staging", "prod")
    ]
    assert len(set.union(*named)) == sum(map(len, named))


def test_no_function_puts_metrics_that_releases_are_judged_by(cloud_fleet: FleetTemplates) -> None:
    """Permission to put metrics is limited to the stage's drift metrics."""
    bounds = [
        statement["Condition"]["StringEquals"]["cloudwatch:namespace"]
        for part in cloud_fleet.parts
        for policy in cloud_fleet.properties(part, "AWS::IAM::Policy")
        for statement in policy["PolicyDocument"]["Statement"]
        if "cloudwatch:PutMetricData" in as_list(statement["Action"])
    ]
    assert set(bounds) == {drift_namespace(cloud_fleet.stage.name)}
