"""IAM authentication tokens for PostgreSQL on RDS, instead of passwords."""

from collections.abc import Callable
from typing import Any

import boto3
from sqlalchemy import Engine, event
from sqlalchemy.engine import URL, make_url

_POSTGRESQL_PORT = 5432


def sign_in_with_tokens(database: str) -> Callable[[], None]:
    """Give every new connection to this database a token of its own as its password.

    A token is a signed request that is computed here from the function's own credentials, without a
    call; it is valid for 15 minutes, and only opening a connection needs it. The listener is on all
    engines, because MLflow makes its own, and lets connections to anything else pass.

    Parameters
    ----------
    database
        URL with user and host and without password; RDS asks for `sslmode=require` or stricter.

    Returns
    -------
    Callable
        Takes the listener away again.
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
