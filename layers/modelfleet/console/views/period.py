"""The range of days that a model's pages show, as the address has it."""

from dataclasses import dataclass
from datetime import date, timedelta

DEFAULT_DAYS = 30
PRESETS = (7, 30, 90)
# A page reads a document per day.
_DAYS_MAXIMUM = 180


@dataclass(frozen=True)
class Period:
    """UTC days from first to last; `preset` is their number if they end today."""

    first: date
    last: date
    today: date

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.last - self.first).days + 1

    @property
    def preset(self) -> int | None:
        """The number of days, if the period ends today."""
        return self.days if self.last == self.today else None

    @property
    def query(self) -> str:
        """The address's query that keeps the period across a model's pages."""
        return f"from={self.first:%Y-%m-%d}&to={self.last:%Y-%m-%d}"

    def last_days(self, days: int) -> "Period":
        """Return the period of so many days until today."""
        return Period(self.today - timedelta(days=days - 1), self.today, self.today)


def read_period(first: date | None, last: date | None, today: date) -> Period:
    """Return the period between two days of an address, within what can be shown.

    Days in the wrong order are exchanged, and days after today count as today, because an address
    may be old or edited.
    """
    end = min(last or today, today)
    # The first days of the calendar have no days before them.
    oldest = date.min + timedelta(days=_DAYS_MAXIMUM)
    start = first or max(end, oldest) - timedelta(days=DEFAULT_DAYS - 1)
    start, end = sorted((max(min(start, today), oldest), max(end, oldest)))
    return Period(max(start, end - timedelta(days=_DAYS_MAXIMUM - 1)), end, today)
