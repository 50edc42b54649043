"""What every function needs: the declared models and the clock."""

# ruff: noqa: PLC0415  imports are inside, so that no function pays for the libraries of all.

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from modelfleet.spec.model import ModelSpec


@cache
def model_spec(name: str) -> ModelSpec:
    """What a model's folder declares."""
    from modelfleet.catalogue import find

    return find(name)


def now() -> datetime:
    """The time, of UTC."""
    from datetime import UTC, datetime

    return datetime.now(UTC)
