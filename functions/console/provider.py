"""The console as an OpenID Connect client of the user pool."""

import httpx2
from authlib.integrations.starlette_client import OAuth, StarletteOAuth2App

from modelfleet.settings import ConsoleSettings

_NAME = "pool"
_TIMEOUT_SECONDS = 5.0


def pool_client(
    settings: ConsoleSettings, transport: httpx2.AsyncBaseTransport | None
) -> StarletteOAuth2App:
    """Return the client, which reads the pool's metadata and keys at its first use.

    The client has no secret: the proof key (PKCE, RFC 7636) ties a code to the browser that began
    to sign in.
    """
    oauth = OAuth()
    oauth.register(
        _NAME,
        client_id=settings.client_id,
        server_metadata_url=f"{settings.pool_url}/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid",
            "code_challenge_method": "S256",
            "token_endpoint_auth_method": "none",
            "timeout": _TIMEOUT_SECONDS,
            "transport": transport,
        },
    )
    return oauth.create_client(_NAME)
