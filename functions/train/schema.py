"""Lambda handler for deployments: upgrades MLflow's tables before anything trains."""

from collections.abc import Mapping
from typing import Any

from modelfleet.adapters.runtime import runtime
from modelfleet.bootstrap import registry_schema


@runtime("schema").handler
def handler(_event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Upgrade the tables; an error fails the deployment."""
    registry_schema.upgrade_schema()
    return {}
