"""Retries of transient errors in state machines."""

from aws_cdk import Duration, aws_stepfunctions

TIMEOUTS = ("States.Timeout", "Sandbox.Timedout")

SNS_ERRORS = ("SNS.SdkClientException", "SNS.ThrottledException", "SNS.InternalErrorException")

LAMBDA_ERRORS = (
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    "Lambda.ClientExecutionTimeoutException",
)

# Class names of the Python interpreter, botocore, psycopg and SQLAlchemy, which share one, and
# obstore. GenericError is what obstore raises if S3 or the connection to it fails; missing, denied
# and conflicting objects have errors of their own. The local engine reports every exception of a
# function as `Runtime.HandlerError`, so class names only have an effect in AWS.
CONNECTION_ERRORS = (
    "ConnectionError",
    "ConnectionResetError",
    "ConnectionRefusedError",
    "TimeoutError",
    "ConnectTimeoutError",
    "ReadTimeoutError",
    "EndpointConnectionError",
    "ConnectionClosedError",
    "OperationalError",
    "GenericError",
)


def retry(
    task: aws_stepfunctions.TaskStateBase,
    *errors: str,
    attempts: int,
    interval_seconds: int,
    maximum_delay_seconds: int,
) -> None:
    """Retry these errors with exponential backoff and jitter."""
    task.add_retry(
        errors=list(errors),
        max_attempts=attempts,
        interval=Duration.seconds(interval_seconds),
        max_delay=Duration.seconds(maximum_delay_seconds),
        backoff_rate=2.0,
        jitter_strategy=aws_stepfunctions.JitterType.FULL,
    )
