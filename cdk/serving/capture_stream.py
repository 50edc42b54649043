"""The delivery stream that writes predictions to the lake, by model and day."""

from typing import Any

from aws_cdk import aws_iam, aws_kinesisfirehose, aws_logs, aws_s3
from constructs import Construct

from cdk.settings.stage import Stage
from cdk.shared.logs import log_group
from cdk.shared.permissions import allow_write
from modelfleet.captures.record import PARTITION_QUERY
from modelfleet.resource_names import Resource
from modelfleet.storage import keys

_BUFFER_SECONDS = 60
# The minimum of Firehose with dynamic partitioning.
_BUFFER_MEBIBYTES = 64
_RETRY_SECONDS = 300
_LOG_STREAM = "delivery"
# What AWS documents for the bucket itself; Firehose verifies it when it creates the stream.
# https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html#using-iam-s3
# Its `s3:GetObject` is left out: nothing here has Firehose read objects.
_BUCKET_ACTIONS = ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"]

# The hour of arrival is the start of the object's name: Firehose would add folders of its own to a
# prefix without a timestamp.
_PREFIX = (
    keys.captures("!{partitionKeyFromQuery:model}", "!{partitionKeyFromQuery:date}")
    + "/!{timestamp:yyyyMMddHH}-"
)
_ERROR_PREFIX = (
    f"{keys.UNDELIVERED_CAPTURES}/!{{firehose:error-output-type}}/date=!{{timestamp:yyyy-MM-dd}}/"
)

_Stream = aws_kinesisfirehose.CfnDeliveryStream


class CaptureStream(Construct):
    """One stream for all models; the content of a record determines its folder."""

    def __init__(self, scope: Construct, id_: str, *, stage: Stage, lake: aws_s3.IBucket) -> None:
        super().__init__(scope, id_)
        self.name = stage.resource(Resource.CAPTURES)
        self._logs = self._build_logs(stage)
        role = self._build_role(lake)
        self._stream = _Stream(
            self,
            "Stream",
            delivery_stream_name=self.name,
            delivery_stream_type="DirectPut",
            delivery_stream_encryption_configuration_input=_encryption(),
            extended_s3_destination_configuration=self._destination(lake, role),
        )
        # Firehose checks the role's permissions when it creates the stream.
        self._stream.node.add_dependency(role)

    def allow_put(self, grantee: aws_iam.IGrantable) -> None:
        """Allow a function to put records."""
        aws_iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["firehose:PutRecordBatch"],
            resource_arns=[self._stream.attr_arn],
        )

    def _build_logs(self, stage: Stage) -> aws_logs.LogGroup:
        logs = log_group(self, "Logs", stage=stage, name=f"/aws/kinesisfirehose/{self.name}")
        aws_logs.CfnLogStream(
            self, "LogStream", log_group_name=logs.log_group_name, log_stream_name=_LOG_STREAM
        )
        return logs

    def _build_role(self, lake: aws_s3.IBucket) -> aws_iam.Role:
        role = aws_iam.Role(
            self, "Role", assumed_by=aws_iam.ServicePrincipal("firehose.amazonaws.com")
        )
        for prefix in (keys.CAPTURES, keys.UNDELIVERED_CAPTURES):
            allow_write(lake, role, f"{prefix}/*")
        aws_iam.Grant.add_to_principal(
            grantee=role, actions=_BUCKET_ACTIONS, resource_arns=[lake.bucket_arn]
        )
        self._logs.grant(role, "logs:PutLogEvents")
        return role

    def _destination(self, lake: aws_s3.IBucket, role: aws_iam.Role) -> Any:
        return _Stream.ExtendedS3DestinationConfigurationProperty(
            bucket_arn=lake.bucket_arn,
            role_arn=role.role_arn,
            prefix=_PREFIX,
            error_output_prefix=_ERROR_PREFIX,
            compression_format="GZIP",
            cloud_watch_logging_options=_Stream.CloudWatchLoggingOptionsProperty(
                enabled=True,
                log_group_name=self._logs.log_group_name,
                log_stream_name=_LOG_STREAM,
            ),
            buffering_hints=_Stream.BufferingHintsProperty(
                interval_in_seconds=_BUFFER_SECONDS, size_in_m_bs=_BUFFER_MEBIBYTES
            ),
            dynamic_partitioning_configuration=_partitioning(),
            processing_configuration=_processing(),
        )


def _encryption() -> Any:
    kind = _Stream.DeliveryStreamEncryptionConfigurationInputProperty
    return kind(key_type="AWS_OWNED_CMK")


def _partitioning() -> Any:
    return _Stream.DynamicPartitioningConfigurationProperty(
        enabled=True,
        retry_options=_Stream.RetryOptionsProperty(duration_in_seconds=_RETRY_SECONDS),
    )


def _processing() -> Any:
    """Extract the partition keys from each record."""
    query = {"MetadataExtractionQuery": PARTITION_QUERY, "JsonParsingEngine": "JQ-1.6"}
    parameters = [
        _Stream.ProcessorParameterProperty(parameter_name=name, parameter_value=value)
        for name, value in query.items()
    ]
    extraction = _Stream.ProcessorProperty(type="MetadataExtraction", parameters=parameters)
    return _Stream.ProcessingConfigurationProperty(enabled=True, processors=[extraction])
