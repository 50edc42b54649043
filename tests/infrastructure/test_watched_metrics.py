"""Nothing is watched that nothing emits: what the handlers measure, held against all templates."""

from tests.emission import Emitted
from tests.infrastructure.templates import FleetTemplates
from tests.infrastructure.watched import matches, searches, watched_metrics

# What AWS itself emits, by the dimensions under which its user guides document it.
VERSION_OF_AN_ALIAS = {"Resource", "ExecutedVersion"}
AWS_EMITS = {
    "AWS/Lambda": ({"FunctionName"}, {"Invocations", "Errors", "Throttles", "Duration"}),
    "AWS/States": (
        {"StateMachineArn"},
        {"ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut"},
    ),
    "AWS/ApiGateway": ({"ApiName", "Stage"}, {"5XXError"}),
    "AWS/Firehose": ({"DeliveryStreamName"}, {"DeliveryToS3.DataFreshness"}),
    "AWS/SQS": ({"QueueName"}, {"ApproximateNumberOfMessagesVisible"}),
}


def _names_itself(metric: Emitted) -> bool:
    return not metric.namespace.startswith("AWS/")


def test_every_metric_of_ours_is_emitted(fleet: FleetTemplates, measured: set[Emitted]) -> None:
    """An alarm or a widget names a metric with exactly the dimensions that a handler gives it."""
    ours = {each for each in watched_metrics(fleet) if _names_itself(each)}
    assert ours
    assert ours - measured == set()


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
    for search in searches(fleet):
        assert any(matches(search, metric) for metric in measured), search
