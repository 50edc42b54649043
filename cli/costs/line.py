"""One line of an estimate."""

from dataclasses import dataclass
from typing import Any

from modelfleet.prices import Price


@dataclass(frozen=True, slots=True)
class CostLine:
    """A charge: `idle` units a month without traffic, and `used` units caused by traffic.

    `chosen` marks an idle charge that a setting of the stage opts into.
    """

    part: str
    what: str
    price: Price
    idle: float = 0.0
    used: float = 0.0
    chosen: bool = False

    @property
    def quantity(self) -> float:
        """Units per month."""
        return self.idle + self.used

    @property
    def idle_usd(self) -> float:
        """Cost per month without traffic."""
        return self.idle * self.price.usd

    @property
    def usd(self) -> float:
        """Cost per month."""
        return self.quantity * self.price.usd

    def document(self) -> dict[str, Any]:
        """The line as JSON."""
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
    """The value of an account's free units, each counted once even if several lines use them.

    Parameters
    ----------
    lines
        The complete estimate, for an account in which nothing else runs.
    idle
        Whether to count only charges without traffic.
    """
    wanted: dict[Price, float] = {}
    for line in lines:
        units = line.idle if idle else line.quantity
        wanted[line.price] = wanted.get(line.price, 0.0) + units
    return sum(min(units, price.free) * price.usd for price, units in wanted.items())
