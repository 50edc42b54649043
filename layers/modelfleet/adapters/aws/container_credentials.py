"""Credentials of a function restored from a SnapStart snapshot."""

import json
import os
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # A name for type checkers alone: the module does not have it at run time.
    from obstore.store import S3Credential

ADDRESS = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
TOKEN = "AWS_CONTAINER_AUTHORIZATION_TOKEN"  # noqa: S105  # the variable's name
_TIMEOUT_SECONDS = 2.0


def are_offered() -> bool:
    """Whether the environment names an endpoint for credentials, as it does under SnapStart."""
    return ADDRESS in os.environ and TOKEN in os.environ


def container_credentials() -> "S3Credential":
    """Fetch credentials from the endpoint that the environment names.

    Lambda gives a function with SnapStart no keys in its environment, for a snapshot would keep
    them past their end; obstore knows the endpoint of other container services alone.
    """
    import urllib.request  # noqa: PLC0415  # dear at a cold start, and needed under SnapStart alone

    request = urllib.request.Request(  # noqa: S310  # Lambda's own loopback endpoint
        os.environ[ADDRESS], headers={"Authorization": os.environ[TOKEN]}
    )
    with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310  # nosec B310  # same
        found = json.load(answer)
    return {
        "access_key_id": found["AccessKeyId"],
        "secret_access_key": found["SecretAccessKey"],
        "token": found["Token"],
        "expires_at": datetime.fromisoformat(found["Expiration"]),
    }
