"""IAM authentication tokens instead of passwords for PostgreSQL on RDS."""

from collections.abc import Callable
from typing import Any

import boto3
from sqlalchemy import Engine, event
from sqlalchemy.engine import URL, make_url

_POSTGRESQL_PORT = 5432


def sign_in_with_tokens(database: str) -> Callable[[], None]:
    """Use a new token as the password of every new connection to this database.

    A token is a presigned request, computed locally from the function's credentials. It is valid
    for 15 minutes and needed only to open a connection. The listener is registered on all engines,
    because MLflow creates its own, and ignores connections to other databases.

    Parameters
    ----------
    database
        URL with user and host but no password; a token must not be sent to another host, so use
        `sslmode=verify-full` with the certificate authorities of RDS.

    Returns
    -------
    Callable
        Removes the listener.
    """
    url = make_url(database)
    client = boto3.client("rds")
    _, wanted = url.get_dialect()().create_connect_args(url)

    def add_token(
        _dialect: Any, _record: Any, _arguments: list[Any], parameters: dict[str, Any]
    ) -> None:
        if all(parameters.get(name) == wanted.get(name) for name in ("host", "user")):
            parameters["password"] = _token(client, url)

    event.listen(Engine, "do_connect", add_token)
    return lambda: event.remove(Engine, "do_connect", add_token)


def _token(client: Any, url: URL) -> str:
    token: str = client.generate_db_auth_token(
        DBHostname=url.host, Port=url.port or _POSTGRESQL_PORT, DBUsername=url.username
    )
    return token
