"""Access tokens of the user pool, with which programs call the JSON API."""

from collections.abc import Mapping
from typing import Any

import httpx2
from authlib.integrations.starlette_client import StarletteOAuth2App
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from functions.console.faults import ProviderError
from modelfleet.console.access.role import Person, highest_role

# The pool signs with nothing else. A token names its own algorithm, which must never decide.
ALGORITHMS = ["RS256"]
_GROUPS, _NAME = "cognito:groups", "username"


class AccessTokens:
    """Verifies access tokens.

    Parameters
    ----------
    pool
        The client of the user pool, which knows the pool's keys.
    """

    def __init__(self, pool: StarletteOAuth2App) -> None:
        self._pool = pool

    async def person(self, token: str) -> Person | None:
        """Return whom a token belongs to; `None` if it is not valid, or its groups are no roles.

        Raises
        ------
        ProviderError
            If the pool's keys cannot be read.
        """
        try:
            claims = await self._claims(token)
        except (JoseError, ValueError):
            return None
        return person_of(claims, _NAME)

    async def _claims(self, token: str) -> Mapping[str, Any]:
        decoded = await self._decoded(token)
        metadata = await self._pool.load_server_metadata()
        jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": metadata["issuer"]},
            client_id={"essential": True, "value": self._pool.client_id},
            # An ID token says who signed in and permits nothing.
            token_use={"essential": True, "value": "access"},
            exp={"essential": True},
        ).validate(decoded.claims)
        return decoded.claims

    async def _decoded(self, token: str) -> jwt.Token:
        try:
            keys = KeySet.import_key_set(await self._keys())
            try:
                return jwt.decode(token, keys, algorithms=ALGORITHMS)
            except InvalidKeyIdError:
                keys = KeySet.import_key_set(await self._keys(force=True))
                return jwt.decode(token, keys, algorithms=ALGORITHMS)
        except httpx2.HTTPError as error:
            raise ProviderError from error

    async def _keys(self, *, force: bool = False) -> Any:
        return await self._pool.fetch_jwk_set(force=force)


def person_of(claims: Mapping[str, Any], name: str) -> Person | None:
    """Return whom verified claims describe; `None` if none of the groups is a role."""
    groups = claims.get(_GROUPS)
    role = highest_role(groups if isinstance(groups, list) else ())
    found = claims.get(name)
    return Person(found, role) if role is not None and isinstance(found, str) and found else None
