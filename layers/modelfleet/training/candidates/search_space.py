"""Where tuning may look: the values that a candidate's parameters may take."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Real:
    """A parameter between two values, both included; `log` searches by orders of magnitude."""

    low: float
    high: float
    log: bool = False


@dataclass(frozen=True)
class Whole:
    """A whole-numbered parameter between two values, both included."""

    low: int
    high: int
    log: bool = False


SearchSpace = Mapping[str, Real | Whole]
"""By the parameter's name as `set_params` of the candidate's pipeline takes it."""
