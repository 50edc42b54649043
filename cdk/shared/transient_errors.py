"""Transient errors of states, and how they are retried."""

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

# A function that was idle for weeks, or was just deployed, is not ready, and neither is one whose
# network interface EC2 throttles. The last is raised by our functions when they invoke another one.
# https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
# https://docs.aws.amazon.com/lambda/latest/dg/snapstart-troubleshooting.html
# https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-images.html
NOT_READY_ERRORS = (
    "Lambda.ResourceConflictException",
    "Lambda.ResourceNotReadyException",
    "Lambda.SnapStartNotReadyException",
    "Lambda.CodeArtifactUserPendingException",
    "Lambda.EC2ThrottledException",
    "FunctionNotReadyError",
)
_READY_AFTER_SECONDS = 60
_READY_ATTEMPTS = 3


def retry_until_ready(task: aws_stepfunctions.TaskStateBase) -> None:
    """Retry a call of a function that is not ready, after 1, 2, and 4 minutes.

    Without jitter, which would turn a minute into anything from nothing to a minute.
    """
    task.add_retry(
        errors=list(NOT_READY_ERRORS),
        max_attempts=_READY_ATTEMPTS,
        interval=Duration.seconds(_READY_AFTER_SECONDS),
        backoff_rate=2.0,
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
