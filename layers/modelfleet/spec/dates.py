"""Dates as features: their ISO 8601 text, and the numbers that models see of them."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Self

from pydantic import GetJsonSchemaHandler, ValidationError, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from modelfleet.spec.categories import missing_words_of
from modelfleet.spec.document import Frozen
from modelfleet.spec.errors import SpecError


class DatePart(StrEnum):
    """A number computed from a date.

    `DAYS` counts the days since the first day in the training rows, `WEEKDAY` from Monday, which is
    0. Parts of a date with a time zone are those of the date in UTC.
    """

    DAYS = "days"
    MONTH = "month"
    DAY = "day"
    DAY_OF_YEAR = "day_of_year"
    WEEKDAY = "weekday"
    HOUR = "hour"

    @property
    def bounds(self) -> tuple[int, int] | None:
        """Smallest and largest value; `None` if unbounded."""
        return _BOUNDS.get(self)

    @property
    def recurs(self) -> bool:
        """Whether every week has all its values, so that later rows have no others."""
        return self in (DatePart.WEEKDAY, DatePart.HOUR)

    @property
    def told(self) -> str:
        """Name of the part in texts."""
        return self.value.replace("_", " ")

    def input_name(self, column: str) -> str:
        """Return the name of this part of a column."""
        return f"{column} ({self.told})"


_EPOCH = datetime(1970, 1, 1)
# The day of times that have none, as `strptime` returns them.
_NO_DAY = date(1900, 1, 1)
# BigQuery and others name the time zone, which ISO 8601 does not allow.
_UTC = (" UTC", " GMT")
_DAYS, _DATES = ("%d", "%j"), ("%Y", "%y", "%m", "%b", "%B", "%d", "%j")
_MONTH = re.compile(r"\d{4}-\d{2}")
_SECONDS_A_DAY = 86_400
_BOUNDS = {
    DatePart.MONTH: (1, 12),
    DatePart.DAY: (1, 31),
    DatePart.DAY_OF_YEAR: (1, 366),
    DatePart.WEEKDAY: (0, 6),
    DatePart.HOUR: (0, 23),
}
_PARTS: dict[DatePart, Callable[[datetime], int]] = {
    DatePart.DAYS: datetime.toordinal,
    DatePart.MONTH: lambda moment: moment.month,
    DatePart.DAY: lambda moment: moment.day,
    DatePart.DAY_OF_YEAR: lambda moment: moment.timetuple().tm_yday,
    DatePart.WEEKDAY: datetime.weekday,
    DatePart.HOUR: lambda moment: moment.hour,
}
DAY_PARTS = tuple(part for part in DatePart if part is not DatePart.HOUR)
"""Parts of a date without a time."""


def part_of(text: str, part: DatePart, since: int = 0) -> float:
    """Return a part of a date that `DateRule.read` returned.

    `since` is the ordinal of the day from which `DatePart.DAYS` counts.
    """
    found = _PARTS[part](datetime.fromisoformat(text))
    return float(found - since if part is DatePart.DAYS else found)


class DateRule(Frozen):
    """What a date feature accepts, and which of its parts the model uses.

    Attributes
    ----------
    timed
        Whether it has a time of day.
    aware
        Whether times have an offset from UTC; those with one and those without are never mixed.
    parts
        Parts that the model uses.
    earliest, latest
        Bounds, spelled as `read` returns dates.
    format
        Format in files, in `strptime` directives, besides ISO 8601; by default, it is inferred. A
        format without a day is one of months, or of times of day; values are then such in requests,
        too.
    """

    timed: bool
    aware: bool = False
    parts: tuple[DatePart, ...]
    earliest: str | None = None
    latest: str | None = None
    format: str | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not self.parts or len(set(self.parts)) < len(self.parts):
            raise ValueError("parts: name each part to use once")
        if not self.timed and (self.aware or DatePart.HOUR in self.parts):
            raise ValueError("a date without a time has no hour and no time zone")
        return self

    @property
    def is_clock(self) -> bool:
        """Whether values are times of day; rows have them on the first day of 1900."""
        return self.format is not None and not _any_in(_DATES, self.format)

    @property
    def is_monthly(self) -> bool:
        """Whether values are months; rows have their first day."""
        return not self.timed and self.format is not None and not _any_in(_DAYS, self.format)

    @property
    def example(self) -> str:
        """A valid spelling, for messages."""
        if self.is_clock:
            return "10:30:00"
        if not self.timed:
            return "2025-12" if self.is_monthly else "2025-12-25"
        return "2025-12-25T10:30:00+01:00" if self.aware else "2025-12-25T10:30:00"

    def read(self, value: Any) -> str:
        """Return a date in the one spelling that rows have, which sorts by time.

        It is `2025-12-25`, or `2025-12-25T10:30:00`, or in UTC `2025-12-25T09:30:00+00:00`.

        Raises
        ------
        PydanticCustomError
            If it is not an ISO 8601 date of the declared kind, or out of bounds. The message says
            what to send and never contains the value.
        """
        found = self.spell(self._moment(value))
        if self.earliest is not None and found < self.earliest:
            raise _fault("greater_than_equal", f"Input should not be before {self.earliest}")
        if self.latest is not None and found > self.latest:
            raise _fault("less_than_equal", f"Input should not be after {self.latest}")
        return found

    def spell(self, moment: datetime) -> str:
        """Spell a date as rows have it."""
        return moment.isoformat() if self.timed else moment.date().isoformat()

    def days(self, text: str) -> float:
        """Return a date of a row as days since 1970, with fractions."""
        moment = datetime.fromisoformat(text).replace(tzinfo=None)
        return (moment - _EPOCH) / timedelta(days=1)

    def at(self, days: float) -> str:
        """Return the date at a number of days since 1970, to the second, within the bounds."""
        first, last = -_EPOCH.toordinal() + 1, datetime.max.toordinal() - _EPOCH.toordinal()
        seconds = round(min(max(days, first), last) * _SECONDS_A_DAY)
        moment = (_EPOCH + timedelta(seconds=seconds)).replace(tzinfo=UTC if self.aware else None)
        found = max(self.spell(moment), self.earliest or "")
        return found if self.latest is None else min(found, self.latest)

    def shown(self, text: str) -> str:
        """Return a date that `read` returned as requests spell it."""
        return text.partition("T")[2] if self.is_clock else text

    @property
    def noun(self) -> str:
        """What values are called in texts."""
        if self.is_clock:
            return "time of day"
        return "date and time" if self.timed else "month" if self.is_monthly else "date"

    def _moment(self, value: Any) -> datetime:
        moment = self._clock(value) if self.is_clock else _parsed(value)
        if moment is None and self.is_monthly:
            moment = _first_of_month(value)
        if moment is None:
            raise _fault("date_parsing", f"Input should be an ISO 8601 {self.noun}: {self.example}")
        if not self.timed and moment.timetz() != time():
            raise _fault("date_parsing", f"Input should be a date without a time: {self.example}")
        if self.aware and moment.tzinfo is None:
            raise _fault(
                "timezone_aware",
                f"Input should have a time zone; add Z or an offset: {self.example}",
            )
        if not self.aware and moment.tzinfo is not None:
            raise _fault(
                "timezone_naive",
                "Input should not have a time zone; convert it to the local time of the training "
                f"data and omit the offset: {self.example}",
            )
        try:
            return moment.astimezone(UTC) if self.aware else moment
        except OverflowError:
            raise _fault(
                "date_parsing", "Input should be within the years 1 to 9999 in UTC"
            ) from None

    def _clock(self, value: Any) -> datetime | None:
        moment = _parsed(value)
        if moment is not None:
            return moment if moment.date() == _NO_DAY else None
        try:
            found = value if isinstance(value, time) else time.fromisoformat(str(value).strip())
        except ValueError:
            return None
        return datetime.combine(_NO_DAY, found)


class DateReader:
    """Validator of dates: requires the declared kind, and returns the text that rows have."""

    def __init__(
        self,
        parts: Sequence[DatePart | str] | None,
        missing_words: Iterable[str] = (),
        **declared: Any,
    ) -> None:
        self._parts = parts
        self._words = missing_words_of(missing_words, ())
        self._nullable = False
        self._declared = declared
        self.rule = DateRule(timed=True, parts=tuple(DatePart))

    def declare(self, *, timed: bool, nullable: bool) -> None:
        """Set the rule, given whether the field is annotated as a time or as a day."""
        self._nullable = nullable
        parts = self._parts or (tuple(DatePart) if timed else DAY_PARTS)
        declared = {**self._declared}
        bounds = {name: declared.pop(name) for name in ("earliest", "latest")}
        try:
            rule = DateRule(timed=timed, parts=parts, **declared)
            given = {name: rule.read(day) for name, day in bounds.items() if day is not None}
        except ValueError as error:
            raise SpecError(f"date(): {_message(error)}") from error
        self.rule = rule.model_copy(update=given)

    def read(self, value: Any) -> Any:
        """Return a date as the field's type, and `None` for a missing value.

        If values may be missing, words for a missing value are those of files.
        """
        gap = self._nullable and isinstance(value, str) and value.strip().casefold() in self._words
        if value is None or gap:
            return None
        kind = datetime if self.rule.timed else date
        return kind.fromisoformat(self.rule.read(value))

    def spell(self, value: Any) -> str | None:
        """Return a validated date as text: rows are JSON documents."""
        return None if value is None else str(value.isoformat())

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Name the format of times without an offset, which `date-time` (RFC 3339) requires."""
        schema = handler(core_schema)
        for each in (schema, *schema.get("anyOf", ())):
            if self.rule.is_clock or self.rule.is_monthly:
                each.pop("format", None)
            elif each.get("format") == "date-time" and not self.rule.aware:
                each["format"] = "date-time-local"
        return schema


def _parsed(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        # Subclasses, such as those of pandas, have other spellings.
        return datetime.combine(value.date(), value.timetz())
    if isinstance(value, date):
        return datetime.combine(value, time())
    if not isinstance(value, str):
        return None
    try:
        return datetime.fromisoformat(with_offset(value.strip()))
    except ValueError:
        return None


def with_offset(text: str) -> str:
    """Return a date with the name of the time zone UTC as an offset; a day has none."""
    if not text.endswith(_UTC):
        return text
    moment = text[:-4]
    return f"{moment}+00:00" if ":" in moment else moment


def _first_of_month(value: Any) -> datetime | None:
    if not isinstance(value, str) or not _MONTH.fullmatch(value.strip()):
        return None
    return _parsed(f"{value.strip()}-01")


def _any_in(directives: Iterable[str], date_format: str) -> bool:
    return any(each in date_format for each in directives)


def _fault(kind: str, text: str) -> PydanticCustomError:
    return PydanticCustomError(kind, "{text}", {"text": text})


def _message(error: ValueError) -> str:
    """Return the message of an error; those of pydantic have one per field."""
    if isinstance(error, ValidationError):
        return str(error.errors()[0]["msg"]).removeprefix("Value error, ")
    return str(error)
