"""Credentials of a function restored from a SnapStart snapshot."""

import json
import os
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # Only for type checkers: this name does not exist at run time.
    from obstore.store import S3Credential

ADDRESS = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
TOKEN = "AWS_CONTAINER_AUTHORIZATION_TOKEN"  # noqa: S105  # the variable's name
_TIMEOUT_SECONDS = 2.0


def are_offered() -> bool:
    """Whether the environment names a credentials endpoint, as under SnapStart."""
    return ADDRESS in os.environ and TOKEN in os.environ


def container_credentials() -> "S3Credential":
    """Fetch credentials from the endpoint named in the environment.

    With SnapStart, Lambda sets no keys in the environment, because a snapshot would outlive them;
    obstore supports only the endpoints of other container services.
    """
    import urllib.request  # noqa: PLC0415  # slow at a cold start, and only needed under SnapStart

    request = urllib.request.Request(  # noqa: S310  # Lambda's own loopback endpoint
        os.environ[ADDRESS], headers={"Authorization": os.environ[TOKEN]}
    )
    with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310  # nosec B310  # same
        credentials = json.load(answer)
    return {
        "access_key_id": credentials["AccessKeyId"],
        "secret_access_key": credentials["SecretAccessKey"],
        "token": credentials["Token"],
        "expires_at": datetime.fromisoformat(credentials["Expiration"]),
    }
