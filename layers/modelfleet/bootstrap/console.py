"""Builds the console."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from modelfleet.console.access.session import Sessions
    from modelfleet.spec.model import ModelSpec
    from modelfleet.storage.object_store import ObjectStore


@dataclass(frozen=True, kw_only=True)
class Console:
    """What the console's pages read, and what signs people in."""

    stage: str
    models: Mapping[str, ModelSpec]
    artifacts: ObjectStore
    lake: ObjectStore
    sessions: Sessions
    now: Callable[[], datetime]
