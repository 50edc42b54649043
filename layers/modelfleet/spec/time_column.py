"""The column that orders rows in time; never a feature."""

from datetime import UTC, datetime

from pydantic import field_validator

from modelfleet.spec.document import Frozen

_HOUR = "%H"


class TimeColumn(Frozen):
    """A column with a date or a time, kept in the data set beside the features.

    `format` is how files spell it, in the directives of `strptime`; ISO 8601 is understood too.
    Formats without an hour are dates.
    """

    column: str
    format: str = "%Y-%m-%d"

    @field_validator("format")
    @classmethod
    def _readable(cls, value: str) -> str:
        moment = datetime(2019, 4, 19, 13, 30, tzinfo=UTC)
        try:
            datetime.strptime(moment.strftime(value), value)  # only that it parses
        except ValueError as error:
            raise ValueError(f"invalid date format {value!r}") from error
        return value

    def spell(self, moment: datetime) -> str:
        """One sortable spelling: ISO 8601, in UTC where the zone is known."""
        if moment.tzinfo is not None:
            moment = moment.astimezone(UTC).replace(tzinfo=None)
        if _HOUR in self.format:
            return moment.isoformat(timespec="seconds")
        return moment.date().isoformat()

    def read(self, text: str) -> str:
        """Read a value as files spell it, and give its sortable spelling.

        Raises
        ------
        ValueError
            If it is neither in the format nor in ISO 8601.
        """
        try:
            moment = datetime.strptime(text, self.format)  # files say no zone
        except ValueError:
            moment = datetime.fromisoformat(text)
        try:
            return self.spell(moment)
        except OverflowError as error:
            raise ValueError("the date is out of range in UTC") from error
