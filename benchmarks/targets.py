"""Targets for results, as values or as ratios to another side."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """A limit on one of modelfleet's figures; with `over`, on its ratio to that side's figure."""

    figure: str
    text: str
    over: str | None = None
    at_most: float | None = None
    at_least: float | None = None

    def value(
        self, product: Mapping[str, float], others: Mapping[str, Mapping[str, float]]
    ) -> float:
        """Return the figure, or the ratio."""
        if self.over is None:
            return product[self.figure]
        return product[self.figure] / others[self.over][self.figure]

    def holds(self, value: float) -> bool:
        """Return whether a value is within the limits."""
        above = self.at_least is None or value >= self.at_least
        return above and (self.at_most is None or value <= self.at_most)

    @property
    def limit(self) -> str:
        """The limit in words."""
        unit = "" if self.over is None else "x"
        if self.at_least is not None:
            return f"at least {self.at_least:,g}{unit}"
        limit = self.at_most or 0.0
        # Small ratios are easier to read as fractions: "at most 1/6".
        return f"at most {limit:.2g}{unit}" if limit >= _PLAIN else f"at most 1/{1 / limit:.0f}"


_PLAIN = 0.2
