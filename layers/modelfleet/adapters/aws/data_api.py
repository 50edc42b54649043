"""Amazon RDS Data API: SQL over HTTPS, from outside the database's network."""

from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from modelfleet.spec.errors import CallError

# What waiting can cure: a database that is paused, starting or busy, and rights that were granted a
# moment ago, to call the API or to read the secret.
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
# The API itself ends a statement after 45 s.
_READ_SECONDS = 50
_CONNECT_SECONDS = 5
LONGEST_CALL_SECONDS = _READ_SECONDS + _CONNECT_SECONDS


class DataApi:
    """One database of a cluster, entered with its master secret.

    Parameters
    ----------
    client
        boto3's client of the service `rds-data`.
    cluster_arn, secret_arn, database
        Which database, and the secret to enter it with.
    """

    def __init__(self, client: Any, *, cluster_arn: str, secret_arn: str, database: str) -> None:
        self._client = client
        self._where = {
            "resourceArn": cluster_arn,
            "secretArn": secret_arn,
            "database": database,
        }

    def execute(self, sql: str, **values: str) -> list[Any]:
        """Run one statement, with texts for its parameters, and answer its rows.

        Raises
        ------
        CallError
            If it fails; `transient` says whether it is worth another try.
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
    """A client that makes each call once and gives up in time; whoever calls tries again."""
    config = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"total_max_attempts": 1, "mode": "standard"},
    )
    return boto3.client("rds-data", config=config)
