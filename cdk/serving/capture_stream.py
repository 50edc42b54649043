"""The delivery stream that writes predictions to the lake, by model and day."""

from typing import Any

from aws_cdk import aws_iam, aws_kinesisfirehose, aws_logs, aws_s3
from constructs import Construct

from cdk.settings.stage import Stage
from cdk.shared.bucket_access import allow_write
from cdk.shared.logs import stage_logs
from modelfleet.domain import keys
from modelfleet.domain.captures import PARTITION_QUERY

_BUFFER_SECONDS = 60
# The least that Firehose takes where it partitions by content.
_BUFFER_MEBIBYTES = 64
_RETRY_SECONDS = 300
_LOG_STREAM = "delivery"

# The hour of arrival ends the folder and begins the object's name: a prefix without a time would
# have Firehose add folders of its own.
_PREFIX = (
    keys.captures("!{partitionKeyFromQuery:model}", "!{partitionKeyFromQuery:date}")
    + "/!{timestamp:yyyyMMddHH}-"
)
_ERROR_PREFIX = (
    f"{keys.UNDELIVERED_CAPTURES}/!{{firehose:error-output-type}}/date=!{{timestamp:yyyy-MM-dd}}/"
)

_Destination = aws_kinesisfirehose.CfnDeliveryStream.ExtendedS3DestinationConfigurationProperty


class CaptureStream(Construct):
    """One stream for all models: what a record says decides on its folder."""

    def __init__(self, scope: Construct, id_: str, *, stage: Stage, lake: aws_s3.IBucket) -> None:
        super().__init__(scope, id_)
        self.name = capture_stream_name(stage)
        logs = f"/aws/kinesisfirehose/{self.name}"
        self._logs = stage_logs(self, "Logs", stage=stage, name=logs)
        aws_logs.CfnLogStream(
            self, "LogStream", log_group_name=self._logs.log_group_name, log_stream_name=_LOG_STREAM
        )
        role = self._build_role(lake)
        self._stream = aws_kinesisfirehose.CfnDeliveryStream(
            self,
            "Stream",
            delivery_stream_name=self.name,
            delivery_stream_type="DirectPut",
            delivery_stream_encryption_configuration_input=_encryption(),
            extended_s3_destination_configuration=_Destination(
                bucket_arn=lake.bucket_arn,
                role_arn=role.role_arn,
                prefix=_PREFIX,
                error_output_prefix=_ERROR_PREFIX,
                compression_format="GZIP",
                cloud_watch_logging_options=self._logging(),
                **_partitioned(),
            ),
        )
        # The stream tries its role as it is made.
        self._stream.node.add_dependency(role)

    def allow_put(self, grantee: aws_iam.IGrantable) -> None:
        """Let a function hand records over."""
        aws_iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["firehose:PutRecordBatch"],
            resource_arns=[self._stream.attr_arn],
        )

    def _build_role(self, lake: aws_s3.IBucket) -> aws_iam.Role:
        role = aws_iam.Role(
            self, "Role", assumed_by=aws_iam.ServicePrincipal("firehose.amazonaws.com")
        )
        for prefix in (keys.CAPTURES, keys.UNDELIVERED_CAPTURES):
            allow_write(lake, role, f"{prefix}/*")
        self._logs.grant(role, "logs:PutLogEvents")
        return role

    def _logging(self) -> Any:
        return aws_kinesisfirehose.CfnDeliveryStream.CloudWatchLoggingOptionsProperty(
            enabled=True,
            log_group_name=self._logs.log_group_name,
            log_stream_name=_LOG_STREAM,
        )


def capture_stream_name(stage: Stage) -> str:
    """The name of a stage's delivery stream."""
    return stage.resource("captures")


def _encryption() -> Any:
    kind = aws_kinesisfirehose.CfnDeliveryStream.DeliveryStreamEncryptionConfigurationInputProperty
    return kind(key_type="AWS_OWNED_CMK")


def _partitioned() -> dict[str, Any]:
    stream = aws_kinesisfirehose.CfnDeliveryStream
    query = {"MetadataExtractionQuery": PARTITION_QUERY, "JsonParsingEngine": "JQ-1.6"}
    parameters = [
        stream.ProcessorParameterProperty(parameter_name=name, parameter_value=value)
        for name, value in query.items()
    ]
    return {
        "buffering_hints": stream.BufferingHintsProperty(
            interval_in_seconds=_BUFFER_SECONDS, size_in_m_bs=_BUFFER_MEBIBYTES
        ),
        "dynamic_partitioning_configuration": stream.DynamicPartitioningConfigurationProperty(
            enabled=True,
            retry_options=stream.RetryOptionsProperty(duration_in_seconds=_RETRY_SECONDS),
        ),
        "processing_configuration": stream.ProcessingConfigurationProperty(
            enabled=True,
            processors=[stream.ProcessorProperty(type="MetadataExtraction", parameters=parameters)],
        ),
    }
