"""Lambda handler for deployments: creates the database users before anything signs in."""

from collections.abc import Mapping
from typing import Any, Protocol

from modelfleet.adapters.runtime import runtime
from modelfleet.bootstrap import registry_users


class Context(Protocol):
    """Lambda's context of the invocation."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until the function times out."""
        ...


@runtime("registry_users").handler
def handler(event: Mapping[str, Any], context: Context) -> dict[str, str]:
    """Create the users; an error fails the deployment through the provider framework.

    Deletion does nothing, because the users are deleted with the database.
    """
    if event["RequestType"] != "Delete":
        seconds = context.get_remaining_time_in_millis() / 1000
        registry_users.make_users(event["ResourceProperties"], seconds)
    return {"PhysicalResourceId": registry_users.PHYSICAL_ID}
