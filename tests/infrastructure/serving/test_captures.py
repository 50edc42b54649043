"""Predictions reach the lake by model and day, with no more permissions than that takes."""

import json
from fnmatch import fnmatchcase
from typing import Any

from modelfleet.adapters.aws import aws_json, delivery_stream
from modelfleet.catalogue import catalogue
from modelfleet.resource_names import StackPart, captures_function, predict_function
from modelfleet.settings import CapturesSettings, variable
from tests.infrastructure.monitored import alarmed_values
from tests.infrastructure.templates import FleetTemplates, as_list, joined, texts

STREAM = "AWS::KinesisFirehose::DeliveryStream"
FILTER = "AWS::Logs::SubscriptionFilter"
X_RAY = {"xray:PutTelemetryRecords", "xray:PutTraceSegments"}
OWN_LOG = {"logs:CreateLogStream", "logs:PutLogEvents"}


def _stream(fleet: FleetTemplates) -> dict[str, Any]:
    (stream,) = fleet.properties(StackPart.SERVING, STREAM)
    return stream


def _destination(fleet: FleetTemplates) -> dict[str, Any]:
    destination: dict[str, Any] = _stream(fleet)["ExtendedS3DestinationConfiguration"]
    return destination


def _function(fleet: FleetTemplates) -> dict[str, Any]:
    return fleet.functions()[captures_function(fleet.stage.name)]


def _statements(fleet: FleetTemplates) -> list[dict[str, Any]]:
    return fleet.statements(StackPart.SERVING, captures_function(fleet.stage.name))


def _subscribed(fleet: FleetTemplates) -> dict[str, dict[str, Any]]:
    groups = fleet.resources(StackPart.SERVING, "AWS::Logs::LogGroup")
    return {
        joined(groups[each["LogGroupName"]["Ref"]]["Properties"]["LogGroupName"]): each
        for each in fleet.properties(StackPart.SERVING, FILTER)
    }


def test_each_predict_function_is_subscribed_to_once(fleet: FleetTemplates) -> None:
    """Every model's log group has one filter, and that of the captures function has none."""
    names = [predict_function(fleet.stage.name, model) for model in catalogue()]
    found = _subscribed(fleet)
    unique = "-<reference>" if fleet.stage.unique_log_names else ""
    assert set(found) == {f"/aws/lambda/{name}{unique}" for name in names}
    assert len(found) == len(fleet.properties(StackPart.SERVING, FILTER))
    functions = fleet.resources(StackPart.SERVING, "AWS::Lambda::Function")
    for each in found.values():
        target = functions[each["DestinationArn"]["Fn::GetAtt"][0]]
        assert target["Properties"]["FunctionName"] == captures_function(fleet.stage.name)


def test_only_predictions_are_captured_in_aws(cloud_fleet: FleetTemplates) -> None:
    """The filter parses the line's JSON, so a caller's text cannot pass as a prediction."""
    for each in _subscribed(cloud_fleet).values():
        assert each["FilterPattern"] == '{ $.message = "prediction*" }'


def test_only_local_forwards_metrics(fleet: FleetTemplates) -> None:
    """In AWS, CloudWatch reads them from the log, and the function may not put any."""
    local = fleet.stage.name == "local"
    told = _function(fleet)["Environment"]["Variables"][variable("forward_metrics")]
    assert told == ("true" if local else "false")
    actions = {action for s in _statements(fleet) for action in as_list(s["Action"])}
    assert ("cloudwatch:PutMetricData" in actions) is local


def test_log_groups_may_call_the_function(fleet: FleetTemplates) -> None:
    """One permission covers the log groups of all predict functions of this stage."""
    permissions = fleet.resources(StackPart.SERVING, "AWS::Lambda::Permission")
    ((name, allowed),) = [
        (name, each["Properties"])
        for name, each in permissions.items()
        if each["Properties"]["Principal"] == "logs.amazonaws.com"
    ]
    assert allowed["SourceAccount"] == {"Ref": "AWS::AccountId"}
    pattern = joined(allowed["SourceArn"]).rpartition(":log-group:")[2]
    for group in _subscribed(fleet):
        assert fnmatchcase(f"{group}:*", pattern)
    assert not fnmatchcase("/aws/lambda/modelfleet-other-predict-bankchurn:*", pattern)
    for each in fleet.resources(StackPart.SERVING, FILTER).values():
        assert name in each["DependsOn"]


def test_the_function_outlasts_its_retries(fleet: FleetTemplates) -> None:
    """It can retry a call that is never answered to the end, and report the failure."""
    waited = delivery_stream.ATTEMPTS * aws_json.TIMEOUT_SECONDS
    assert _function(fleet)["Timeout"] > waited + sum(delivery_stream.pauses())


def test_the_environment_matches_the_settings(fleet: FleetTemplates) -> None:
    """The environment's keys are exactly the settings' fields, and the stream exists."""
    values = _function(fleet)["Environment"]["Variables"]
    assert set(values) == {variable(name) for name in CapturesSettings.__dataclass_fields__}
    assert values[variable("delivery_stream")] == _stream(fleet)["DeliveryStreamName"]


def test_the_function_may_only_put_records_and_decrypt(cloud_fleet: FleetTemplates) -> None:
    """Its role has no bucket, no wildcard action, one stream, and one secret."""
    streams = cloud_fleet.resources(StackPart.SERVING, STREAM)
    allowed = {a: s for s in _statements(cloud_fleet) for a in as_list(s["Action"])}
    own = {"firehose:PutRecordBatch", "sqs:SendMessage", "secretsmanager:GetSecretValue"}
    assert set(allowed) == own | X_RAY | OWN_LOG
    (stream,) = streams
    assert allowed["firehose:PutRecordBatch"]["Resource"] == {"Fn::GetAtt": [stream, "Arn"]}
    assert allowed["sqs:SendMessage"]["Resource"] != "*"
    assert "SigningKey" in str(allowed["secretsmanager:GetSecretValue"]["Resource"])


def test_local_puts_metrics_only_into_its_namespace(fleet: FleetTemplates) -> None:
    """A condition on the namespace limits what resources cannot."""
    for statement in _statements(fleet):
        if "cloudwatch:PutMetricData" in as_list(statement["Action"]):
            condition = {"StringEquals": {"cloudwatch:namespace": "modelfleet"}}
            assert statement["Condition"] == condition


def test_records_are_stored_by_model_and_day(fleet: FleetTemplates) -> None:
    """The folder depends on the record's content, not on when it arrives."""
    destination = _destination(fleet)
    assert destination["Prefix"].startswith(
        "captures/model=!{partitionKeyFromQuery:model}/date=!{partitionKeyFromQuery:date}/"
    )
    (processor,) = destination["ProcessingConfiguration"]["Processors"]
    parameters = {p["ParameterName"]: p["ParameterValue"] for p in processor["Parameters"]}
    assert parameters == {
        "MetadataExtractionQuery": "{model: .model, date: .timestamp[0:10]}",
        "JsonParsingEngine": "JQ-1.6",
    }
    assert destination["DynamicPartitioningConfiguration"]["Enabled"] is True
    assert destination["BufferingHints"]["SizeInMBs"] >= 64


def test_undelivered_records_are_stored_separately(fleet: FleetTemplates) -> None:
    """Readers of captures never see what Firehose could not place."""
    prefix = _destination(fleet)["ErrorOutputPrefix"]
    assert prefix.startswith("captures-undelivered/!{firehose:error-output-type}/")


def test_the_stream_may_only_write_captures(fleet: FleetTemplates) -> None:
    """Firehose's role covers two prefixes of the lake and its own log.

    The actions on the bucket are those that AWS documents for an S3 destination:
    https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html#using-iam-s3
    """
    role = {"Ref": _destination(fleet)["RoleARN"]["Fn::GetAtt"][0]}
    statements = [
        statement
        for policy in fleet.properties(StackPart.SERVING, "AWS::IAM::Policy")
        if role in policy["Roles"]
        for statement in policy["PolicyDocument"]["Statement"]
    ]
    actions = {action for s in statements for action in as_list(s["Action"])}
    on_bucket = {"s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"}
    on_objects = {"s3:PutObject", "s3:AbortMultipartUpload"}
    assert actions == on_bucket | on_objects | {"logs:PutLogEvents"}
    (listed,) = [s for s in statements if "s3:ListBucket" in as_list(s["Action"])]
    assert set(listed["Action"]) == on_bucket
    assert not any(text.startswith("/") for text in texts(listed["Resource"]))
    written = [s for s in statements if "s3:PutObject" in as_list(s["Action"])]
    prefixes = {t for s in written for t in texts(s["Resource"]) if t.startswith("/")}
    assert prefixes == {"/captures/*", "/captures-undelivered/*"}


def test_the_stream_encrypts_and_compresses(fleet: FleetTemplates) -> None:
    """Records are encrypted while buffered, and objects are compressed."""
    assert _stream(fleet)["DeliveryStreamEncryptionConfigurationInput"]
    assert _destination(fleet)["CompressionFormat"] == "GZIP"


def test_failed_deliveries_are_kept_and_raise_an_alarm(notified_fleet: FleetTemplates) -> None:
    """The dead-letter queue is encrypted, and has an alarm under its own name."""
    queues = notified_fleet.resources(StackPart.SERVING, "AWS::SQS::Queue")
    queue = queues[_function(notified_fleet)["DeadLetterConfig"]["TargetArn"]["Fn::GetAtt"][0]]
    name = queue["Properties"]["QueueName"]
    assert queue["Properties"]["SqsManagedSseEnabled"] is True
    assert ("ApproximateNumberOfMessagesVisible", name) in alarmed_values(notified_fleet)


def test_errors_and_delay_raise_an_alarm(notified_fleet: FleetTemplates) -> None:
    """The alarms name the deployed function and stream."""
    watched = alarmed_values(notified_fleet)
    assert ("Errors", captures_function(notified_fleet.stage.name)) in watched
    assert ("DeliveryToS3.DataFreshness", _stream(notified_fleet)["DeliveryStreamName"]) in watched


def test_no_role_of_serving_has_a_wildcard_action(fleet: FleetTemplates) -> None:
    """Every action in the stack is exact."""
    policies = json.dumps(fleet.properties(StackPart.SERVING, "AWS::IAM::Policy"))
    for policy in json.loads(policies):
        for statement in policy["PolicyDocument"]["Statement"]:
            assert not [a for a in as_list(statement["Action"]) if "*" in a]
