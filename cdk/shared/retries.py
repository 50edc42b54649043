"""Which errors of a step are worth another try: those that waiting can cure.

The local engine calls whatever a function raises `Runtime.HandlerError`, so that the names of
classes decide in AWS alone.
"""

LAMBDA_ERRORS = (
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    "Lambda.ClientExecutionTimeoutException",
)

TIMEOUTS = ("States.Timeout", "Sandbox.Timedout")

# Class names of the libraries that the steps reach the network with: the interpreter's own,
# botocore's, psycopg's and SQLAlchemy's, which share one, and obstore's for whatever S3 or the way
# to it does: what is not there, not allowed or written by others has names of its own.
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

SNS_ERRORS = ("SNS.SdkClientException", "SNS.ThrottledException", "SNS.InternalErrorException")
