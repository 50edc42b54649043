"""The column that orders rows in time."""

from datetime import UTC, datetime

from pydantic import field_validator

from modelfleet.spec.document import Frozen

_HOUR = "%H"


class TimeColumn(Frozen):
    """A date or time column, stored in the data set next to the features.

    `format` is the format in files, in `strptime` directives; ISO 8601 is accepted too. Formats
    without an hour are dates.
    """

    column: str
    format: str = "%Y-%m-%d"

    @field_validator("format")
    @classmethod
    def _readable(cls, value: str) -> str:
        moment = datetime(2019, 4, 19, 13, 30, tzinfo=UTC)
        try:
            datetime.strptime(moment.strftime(value), value)  # parsed only to validate the format
        except ValueError as error:
            raise ValueError(f"invalid date format {value!r}") from error
        return value

    def spell(self, moment: datetime) -> str:
        """Format a time so that it sorts as text: ISO 8601, in UTC if the time zone is known."""
        if moment.tzinfo is not None:
            moment = moment.astimezone(UTC).replace(tzinfo=None)
        if _HOUR in self.format:
            return moment.isoformat(timespec="seconds")
        return moment.date().isoformat()

    def read(self, text: str) -> str:
        """Parse a value as written in files, and return it in sortable form.

        Raises
        ------
        ValueError
            If it matches neither the format nor ISO 8601.
        """
        try:
            moment = datetime.strptime(text, self.format)  # files have no time zone
        except ValueError:
            moment = datetime.fromisoformat(text)
        try:
            return self.spell(moment)
        except OverflowError as error:
            raise ValueError("the date is out of range in UTC") from error
