"""The account that a stage is deployed to, as far as the caller may read it."""

from dataclasses import dataclass
from threading import Lock
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from cli.templates import Deployed
from modelfleet.resource_names import StackPart, stack_name

# A check that takes longer is reported, and the others are not delayed by it.
_CONFIG = Config(
    connect_timeout=5, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 2}
)
# Clients may be used, but not created, by several threads at once.
# https://boto3.amazonaws.com/v1/documentation/api/latest/guide/session.html
_CREATING = Lock()
_DENIED = ("AccessDenied", "Unauthorized", "NotAuthorized", "AuthorizationError")
# Where actions have another prefix than the client's name.
_PREFIXES = {"service-quotas": "servicequotas"}


class CannotCheckError(Exception):
    """A check could not be made: access was denied, or the service did not respond."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """An account and Region, and the templates that would be deployed there."""

    session: Any
    stage: str
    number: str
    region: str
    templates: Deployed
    endpoint: str | None = None

    def call(self, service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        """Call an operation, such as `get_account_settings`, and return its response.

        Raises
        ------
        ClientError
            If the service refuses the request itself, such as for something that does not exist.
        CannotCheckError
            If the caller may not call it, or the service cannot be reached.
        """
        return read(self.session, service, operation, self.endpoint, **arguments)

    def is_deployed(self, part: StackPart) -> bool:
        """Whether a stack of the stage exists, so that what it needs is in use already."""
        name = stack_name(self.stage, part)
        try:
            self.call("cloudformation", "describe_stacks", StackName=name)
        except ClientError as error:
            if "does not exist" in str(error):
                return False
            raise
        return True


def read(
    session: Any, service: str, operation: str, endpoint: str | None = None, **arguments: Any
) -> dict[str, Any]:
    """Call an operation of a service; see `Account.call`."""
    try:
        with _CREATING:
            client = session.client(service, endpoint_url=endpoint, config=_CONFIG)
        found: dict[str, Any] = getattr(client, operation)(**arguments)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if any(word in code for word in _DENIED):
            permission = f"{_PREFIXES.get(service, service)}:{error.operation_name}"
            raise CannotCheckError(f"{code} for {permission}; needs this permission") from error
        raise
    except BotoCoreError as error:
        raise CannotCheckError(f"{service} cannot be called: {error}") from error
    return found
