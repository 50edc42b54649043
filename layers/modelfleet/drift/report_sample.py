"""Rows of both sides of a comparison, few enough to be drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modelfleet.spec.features import Column


@dataclass(frozen=True)
class ReportRows:
    """Some rows of training and of a window, column by column; `None` or NaN for missing."""

    columns: tuple[Column, ...]
    reference: Mapping[str, Sequence[Any]]
    current: Mapping[str, Sequence[Any]]
