"""Amazon RDS Data API: SQL over HTTPS from outside the database's network."""

from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from modelfleet.spec.errors import CallError

# Errors worth a retry: the database is paused, starting, or busy, or the permission to call the API
# or to read the secret has just been granted.
# https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/API_ExecuteStatement.html
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html (eventual consistency)
_TRANSIENT = frozenset(
    {
        "AccessDeniedException",
        "DatabaseNotFoundException",
        "DatabaseResumingException",
        "DatabaseUnavailableException",
        "ForbiddenException",
        "HttpEndpointNotEnabledException",
        "InternalServerErrorException",
        "InvalidResourceStateException",
        "InvalidSecretException",
        "SecretsErrorException",
        "ServiceUnavailableError",
        "StatementTimeoutException",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
# The API cancels a statement after 45 s.
_READ_SECONDS = 50
_CONNECT_SECONDS = 5
LONGEST_CALL_SECONDS = _READ_SECONDS + _CONNECT_SECONDS


class DataApi:
    """A database of a cluster, accessed with its master secret.

    Parameters
    ----------
    client
        boto3 client of the service `rds-data`.
    cluster_arn, secret_arn, database
        The cluster, its secret, and the name of the database.
    """

    def __init__(self, client: Any, *, cluster_arn: str, secret_arn: str, database: str) -> None:
        self._client = client
        self._where = {
            "resourceArn": cluster_arn,
            "secretArn": secret_arn,
            "database": database,
        }

    def execute(self, sql: str, **values: str) -> list[Any]:
        """Execute a statement with string parameters and return its rows.

        Raises
        ------
        CallError
            If the call fails; `transient` tells whether to retry it.
        """
        try:
            answer = self._client.execute_statement(**self._where, sql=sql, **_parameters(values))
        except ClientError as error:
            code = error.response["Error"]["Code"]
            text = f"{code}: {error.response['Error'].get('Message', '')}"
            raise CallError(text, transient=code in _TRANSIENT) from error
        except BotoCoreError as error:
            raise CallError(f"cannot reach the Data API: {error}", transient=True) from error
        rows: list[Any] = answer.get("records", [])
        return rows


def _parameters(values: Mapping[str, str]) -> dict[str, Any]:
    given = [{"name": name, "value": {"stringValue": text}} for name, text in values.items()]
    return {"parameters": given} if given else {}


def data_api_client() -> Any:
    """Return a client with timeouts and without retries, which are up to the caller."""
    config = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"total_max_attempts": 1, "mode": "standard"},
    )
    return boto3.client("rds-data", config=config)
