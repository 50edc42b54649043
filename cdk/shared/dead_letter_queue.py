"""A queue that keeps what could not be delivered until somebody has looked."""

from aws_cdk import Duration, aws_sqs
from constructs import Construct

from cdk.settings.stage import Stage

_KEPT_DAYS = 14


class DeadLetterQueue(aws_sqs.Queue):
    """Encrypted, and kept as long as SQS keeps anything."""

    def __init__(self, scope: Construct, id_: str, *, stage: Stage, name: str) -> None:
        super().__init__(
            scope,
            id_,
            queue_name=name,
            encryption=aws_sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=stage.tls_only,
            retention_period=Duration.days(_KEPT_DAYS),
        )
