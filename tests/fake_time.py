"""A clock that only pauses move."""

from dataclasses import dataclass, field


@dataclass
class Time:
    """The time in seconds, and the pauses so far."""

    now: float = 100.0
    pauses: list[float] = field(default_factory=list)

    def clock(self) -> float:
        """The time."""
        return self.now

    def pause(self, seconds: float) -> None:
        """Wait."""
        self.pauses.append(seconds)
        self.now += seconds
