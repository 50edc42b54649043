"""One line of an estimate."""

from dataclasses import dataclass
from typing import Any

from modelfleet.prices import Price


@dataclass(frozen=True, slots=True)
class CostLine:
    """Something that is paid for: `idle` units when nobody calls, and `used` more by callers.

    `chosen` is what idles because a setting of the stage has it so, for what it gives.
    """

    part: str
    what: str
    price: Price
    idle: float = 0.0
    used: float = 0.0
    chosen: bool = False

    @property
    def quantity(self) -> float:
        """Units a month."""
        return self.idle + self.used

    @property
    def idle_usd(self) -> float:
        """What it costs a month when nobody calls."""
        return self.idle * self.price.usd

    @property
    def usd(self) -> float:
        """What it costs a month."""
        return self.quantity * self.price.usd

    def document(self) -> dict[str, Any]:
        """The line for programs."""
        return {
            "part": self.part,
            "what": self.what,
            "quantity": self.quantity,
            "unit": self.price.unit,
            "unit_usd": self.price.usd,
            "source": self.price.page,
            "idle_usd": self.idle_usd,
            "usd": self.usd,
        }


def allowances(lines: list[CostLine], *, idle: bool) -> float:
    """What an account's free units take off, each once whatever the lines that use them.

    Parameters
    ----------
    lines
        The whole estimate of an account in which nothing else runs.
    idle
        Whether to look at what is there when nobody calls, or at all of it.
    """
    wanted: dict[Price, float] = {}
    for line in lines:
        units = line.idle if idle else line.quantity
        wanted[line.price] = wanted.get(line.price, 0.0) + units
    return sum(min(units, price.free) * price.usd for price, units in wanted.items())
