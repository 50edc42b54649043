"""Nothing is watched that nothing emits: what the handlers measure, held against all templates."""

from collections.abc import Mapping

from modelfleet.settings import namespace
from tests.emission import Emitted
from tests.infrastructure.monitored import matches, searches, watched_metrics
from tests.infrastructure.templates import FleetTemplates, as_list

# What AWS itself emits, by the dimensions under which its user guides document it.
VERSION_OF_AN_ALIAS = {"Resource", "ExecutedVersion"}
AWS_EMITS = {
    "AWS/Lambda": ({"FunctionName"}, {"Invocations", "Errors", "Throttles", "Duration"}),
    "AWS/States": (
        {"StateMachineArn"},
        {"ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut"},
    ),
    "AWS/ApiGateway": ({"ApiName", "Stage"}, {"5XXError", "Count"}),
    "AWS/Firehose": ({"DeliveryStreamName"}, {"DeliveryToS3.DataFreshness"}),
    "AWS/SQS": ({"QueueName"}, {"ApproximateNumberOfMessagesVisible"}),
}


def _names_itself(metric: Emitted) -> bool:
    return not metric.namespace.startswith("AWS/")


def _of_stage(fleet: FleetTemplates, measured: set[Emitted]) -> set[Emitted]:
    """What the handlers measure, where they are told that they are of this stage."""
    own = namespace(fleet.stage.name)
    return {each._replace(namespace=own) for each in measured}


def test_every_metric_of_ours_is_emitted(fleet: FleetTemplates, measured: set[Emitted]) -> None:
    """An alarm or a widget names a metric with exactly the dimensions that a handler gives it."""
    ours = {each for each in watched_metrics(fleet) if _names_itself(each)}
    assert ours
    assert ours - _of_stage(fleet, measured) == set()


def test_every_metric_of_aws_is_documented(told_fleet: FleetTemplates) -> None:
    """What AWS emits is watched under the dimensions that it is documented with."""
    theirs = {each for each in watched_metrics(told_fleet) if not _names_itself(each)}
    for metric in theirs:
        dimensions, names = AWS_EMITS[metric.namespace]
        assert {name for name, _ in metric.dimensions} - VERSION_OF_AN_ALIAS == dimensions
        assert metric.name in names
    assert {each.namespace for each in theirs} == set(AWS_EMITS)


def test_every_search_finds_something(fleet: FleetTemplates, measured: set[Emitted]) -> None:
    """A search over versions has the namespace, dimensions and name of what a handler emits."""
    own = _of_stage(fleet, measured)
    for search in searches(fleet):
        assert any(matches(search, metric) for metric in own), search


def test_no_stage_is_judged_by_another(fleets: Mapping[str, FleetTemplates]) -> None:
    """Stages of one account have no metric of ours in common, though their models are the same."""
    named = [
        {each.namespace for each in watched_metrics(fleets[name]) if _names_itself(each)}
        for name in ("dev", "staging", "prod")
    ]
    assert all(len(each) == 1 for each in named)
    assert len(set.union(*named)) == len(named)


def test_a_function_may_measure_for_its_stage_alone(cloud_fleet: FleetTemplates) -> None:
    """Whoever puts metrics is bound to the stage's namespace."""
    bounds = [
        statement["Condition"]["StringEquals"]["cloudwatch:namespace"]
        for part in cloud_fleet.parts
        for policy in cloud_fleet.properties(part, "AWS::IAM::Policy")
        for statement in policy["PolicyDocument"]["Statement"]
        if "cloudwatch:PutMetricData" in as_list(statement["Action"])
    ]
    assert set(bounds) == {namespace(cloud_fleet.stage.name)}
