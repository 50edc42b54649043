"""Lambda's entry for the deployment: the database's users exist before anything signs in."""

from collections.abc import Mapping
from typing import Any, Protocol

from modelfleet.adapters.runtime import runtime
from modelfleet.bootstrap import registry_users


class Context(Protocol):
    """What Lambda says about the invocation."""

    def get_remaining_time_in_millis(self) -> int:
        """Until the function is ended."""
        ...


@runtime("registry_users").handler
def handler(event: Mapping[str, Any], context: Context) -> dict[str, str]:
    """Make the users; an error fails the deployment, and the provider framework answers for both.

    They go with their database: where that is deleted, there is nothing to do.
    """
    if event["RequestType"] != "Delete":
        seconds = context.get_remaining_time_in_millis() / 1000
        registry_users.make_users(event["ResourceProperties"], seconds)
    return {"PhysicalResourceId": registry_users.PHYSICAL_ID}
