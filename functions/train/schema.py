"""Lambda's entry for the deployment: MLflow's tables are upgraded once, before anything trains."""

from collections.abc import Mapping
from typing import Any

from modelfleet.bootstrap import registry_schema as migrating


def handler(_event: Mapping[str, Any], _context: object) -> None:
    """Upgrade the tables; an error fails the deployment."""
    migrating.upgrade_schema()
