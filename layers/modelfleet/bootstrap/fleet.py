"""Declared models and the clock, for every function."""

# ruff: noqa: PLC0415  imports are inside, so that no function pays for the libraries of all.

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from modelfleet.spec.model import ModelSpec


@cache
def model_spec(name: str) -> ModelSpec:
    """Return a model's declaration."""
    from modelfleet.catalogue import find

    return find(name)


def now() -> datetime:
    """Return the current time, in UTC."""
    from datetime import UTC, datetime

    return datetime.now(UTC)
