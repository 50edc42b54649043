"""CodeDeploy's lifecycle event."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelfleet.spec.errors import IdentifierError, NewCodeError
from modelfleet.spec.names import require_identifier


@dataclass(frozen=True, slots=True)
class HookExecution:
    """The deployment and its lifecycle hook that wait for a result."""

    deployment: str
    hook: str


def read_hook(event: Mapping[str, Any]) -> HookExecution:
    """Parse CodeDeploy's event.

    Raises
    ------
    NewCodeError
        If it is not a lifecycle event, so that no deployment waits for a result.
    """
    try:
        return HookExecution(
            require_identifier("deployment", event["DeploymentId"]),
            str(event["LifecycleEventHookExecutionId"]),
        )
    except (KeyError, TypeError, IdentifierError) as error:
        raise NewCodeError("not a CodeDeploy lifecycle event") from error
