"""Declaration of a model's columns."""

import datetime
import types
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from functools import cache
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WrapValidator,
    model_validator,
)
from pydantic.fields import FieldInfo

from modelfleet.spec.categories import (
    CATEGORY_LENGTH,
    AnyCategory,
    CategoryReader,
    Unseen,
    accepted_text,
    missing_words_of,
)
from modelfleet.spec.dates import DatePart, DateReader, DateRule
from modelfleet.spec.document import Frozen
from modelfleet.spec.errors import SpecError
from modelfleet.spec.words import composed

_UNIT = "x-unit"
_PERSONAL = "x-personal-data"
_SENSITIVE = "x-sensitive"
_MISSING_WORDS = "x-missing-words"
_VALUE_WORDS = "x-value-words"

# Columns that a row has besides those of its table; no spec may declare columns with these names.
ORIGIN = "_origin"
PREDICTION_ID = "_prediction_id"
CLIENT = "_client"
PROVENANCE = (ORIGIN, PREDICTION_ID, CLIENT)
GROUP = "_group"
RESERVED = (*PROVENANCE, GROUP)


class ColumnKind(StrEnum):
    """Kind of a column's values."""

    NUMBER = "number"
    INTEGER = "integer"
    CATEGORY = "category"
    DATE = "date"

    @property
    def is_numeric(self) -> bool:
        """Whether the values are numbers; those of other kinds are texts."""
        return self in (ColumnKind.NUMBER, ColumnKind.INTEGER)


class Column(Frozen, extra="ignore"):
    """One input column, as declared by a field of a `Features` class.

    `name` is the column's name in data, requests, and responses: the field's alias if it has one,
    otherwise the field's name. `categories` is empty for numbers and for open categories, whose
    values are learned in training; `unseen` says what happens to values that are not listed, and is
    `None` for numbers. `missing_words` are read as missing in addition to the standard words, and
    `value_words` are read as values even if they are standard words. `date` is set for dates.
    Values of `personal_data` are used for predictions and kept nowhere but in data sets; those of
    `sensitive` columns, such as gender or age, are kept in the lake, and in no log.
    """

    name: str
    kind: ColumnKind
    description: str
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    categories: tuple[str, ...] = ()
    unseen: Unseen | None = None
    nullable: bool = False
    personal_data: bool = False
    sensitive: bool = False
    example: str | int | float
    missing_words: tuple[str, ...] = ()
    value_words: tuple[str, ...] = ()
    date: DateRule | None = None

    def inputs(self) -> "Iterator[Input]":
        """Yield the numbers that the model sees of the column: itself, or the parts of a date."""
        if self.date is None:
            yield Input(self, self)
            return
        for part in self.date.parts:
            low, high = part.bounds or (None, None)
            shown = self.model_copy(
                update={
                    "name": part.input_name(self.name),
                    "kind": ColumnKind.INTEGER,
                    "description": f"{self.description}: {part.told}",
                    "minimum": low,
                    "maximum": high,
                    "example": low or 0,
                    "date": None,
                }
            )
            yield Input(self, shown, part)


class Input(NamedTuple):
    """One number that the model sees of a row.

    `source` is the declared column, and `column` that of the number itself: the same, or an integer
    column for a `part` of a date.
    """

    source: Column
    column: Column
    part: DatePart | None = None


def inputs_of(columns: Sequence[Column]) -> tuple[Input, ...]:
    """Return the columns of the model's input matrix, in order."""
    return tuple(each for column in columns for each in column.inputs())


def profiled(columns: Sequence[Column]) -> Iterator[Input]:
    """Yield what a reference profile describes: each column, and the hours of dates.

    Other parts of a date differ in every window of predictions, because a day has a single weekday.
    """
    for column in columns:
        yield Input(column, column)
        yield from (each for each in column.inputs() if each.part is DatePart.HOUR)


class Target(Frozen, arbitrary_types_allowed=True):
    """The column to predict. Rows with a regression target outside the range are rejected.

    `labels` are the classes as spelled in files. A binary target lists the negative and then the
    positive class, and needs labels only if they are not 0 and 1, no and yes, or false and true. A
    multiclass target lists every class, at most 50; answers use the same names.

    `merge` lists, per class, further spellings in files and outcomes that count as this class, such
    as the rare classes that make up `other`. Rows of a class in `exclude` are left out of data
    sets: counted, and neither used nor rejected. `blank` is the class of a blank cell in files that
    only mark the other one; by default, a row without an outcome is an open case.
    """

    column: str
    description: str
    labels: tuple[str, ...] | None = None
    merge: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    exclude: tuple[str, ...] = ()
    blank: str | None = None
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every class that a file may contain: declared, merged, and excluded ones."""
        merged = (name for names in self.merge.values() for name in names)
        return (*(self.labels or ()), *merged, *self.exclude)

    def __hash__(self) -> int:
        """Return a hash, although `merge` has none: response schemas are cached by target."""
        return hash((self.column, self.labels, tuple(self.merge.items()), self.exclude, self.blank))


class Features(BaseModel):
    """Base class of every model's feature declaration: one field per input column.

    It validates both requests and training rows. Unknown fields are rejected, so that a misspelled
    optional field is an error instead of a missing value.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        str_strip_whitespace=True,
        allow_inf_nan=False,
        protected_namespaces=(),
    )

    @model_validator(mode="before")
    @classmethod
    def _composed(cls, values: Any) -> Any:
        """Accept the name of a column however Unicode spells it."""
        if not isinstance(values, dict) or "".join(map(str, values)).isascii():
            return values
        declared = {composed(name): name for name in _columns(cls)}
        names = [declared.get(composed(str(name)), name) for name in values]
        return (
            values if len({*names}) < len(names) else dict(zip(names, values.values(), strict=True))
        )

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Pass annotations to the validators of their fields."""
        super().__pydantic_init_subclass__(**kwargs)
        for name, field in cls.model_fields.items():
            annotation, nullable = without_none(field.annotation)
            if (reader := _reader(field)) is not None:
                try:
                    reader.declare(tuple(map(str, get_args(annotation))), nullable=nullable)
                except SpecError as error:
                    raise SpecError(f"field {name}: {error}") from error
            if (dates := _date_reader(field)) is not None:
                dates.declare(timed=annotation is not datetime.date, nullable=nullable)

    @classmethod
    def columns(cls) -> tuple[Column, ...]:
        """Return the input columns in declaration order, which is also the model's column order.

        Raises
        ------
        SpecError
            If a field's type or declaration is not valid for a column, or two fields declare the
            same column.
        """
        columns = tuple(_column(name, field) for name, field in _columns(cls).items())
        if len(columns) < len(cls.model_fields):
            raise SpecError("two fields have the same alias")
        names = [each.column.name for each in inputs_of(columns)]
        if twice := [name for name, count in Counter(names).items() if count > 1]:
            raise SpecError(f"{twice[0]} is both a column and a part of a date; rename the column")
        return columns

    @classmethod
    def category_readers(cls) -> dict[str, CategoryReader]:
        """Return the reader of each categorical column, by the column's name."""
        readers = {name: _reader(field) for name, field in _columns(cls).items()}
        return {name: reader for name, reader in readers.items() if reader is not None}

    @classmethod
    def example(cls) -> dict[str, str | int | float]:
        """Return a complete row of the examples that the fields declare."""
        return {column.name: column.example for column in cls.columns()}


def row_of(validated: Features) -> Mapping[str, Any]:
    """Return the values of a validated row by column name."""
    names = _outer_names(type(validated))
    values = vars(validated)
    return values if names is None else {names[name]: value for name, value in values.items()}


@cache
def _outer_names(features: type[Features]) -> dict[str, str] | None:
    """Return the column name of each field; `None` if no field has an alias."""
    names = {name: field.alias or name for name, field in features.model_fields.items()}
    return names if any(inner != outer for inner, outer in names.items()) else None


def _columns(features: type[Features]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in features.model_fields.items()}


def _reader(field: FieldInfo) -> CategoryReader | None:
    owners = (getattr(getattr(rule, "func", None), "__self__", None) for rule in field.metadata)
    return next((each for each in owners if isinstance(each, CategoryReader)), None)


def number(
    description: str,
    *,
    minimum: float,
    maximum: float,
    example: float,
    unit: str | None = None,
    nullable: bool = False,
    personal_data: bool = False,
    sensitive: bool = False,
    alias: str | None = None,
    missing_words: Sequence[str] = (),
) -> Any:
    """Declare a numeric field; annotate it `float` or `int` (`| None` if `nullable`).

    `alias` is the column's name if that is not a valid Python field name. Numbers among
    `missing_words`, such as -999, are missing in requests, too.
    """
    field: Any = Field(
        alias=alias,
        default=None if nullable else ...,
        description=description,
        ge=minimum,
        le=maximum,
        examples=[example],
        json_schema_extra=_extra(unit, (personal_data, sensitive), missing_words),
    )
    if codes := numbers_among(missing_words):
        field.metadata.append(BeforeValidator(lambda value: _without_codes(value, codes)))
    return field


def numbers_among(words: Sequence[str]) -> frozenset[float]:
    """Return the numbers among words, such as -999 for a missing value."""
    numbers = set()
    for word in words:
        with suppress(ValueError):
            numbers.add(float(word))
    return frozenset(numbers)


def _without_codes(value: Any, codes: frozenset[float]) -> Any:
    """Return `None` for a number that stands for a missing value."""
    try:
        is_code = not isinstance(value, bool) and float(value) in codes
    except (TypeError, ValueError, OverflowError):
        return value
    return None if is_code else value


def category(
    description: str,
    *,
    example: str,
    unseen: Literal["refuse", "score"] | None = None,
    nullable: bool = False,
    personal_data: bool = False,
    sensitive: bool = False,
    alias: str | None = None,
    missing_words: Sequence[str] = (),
) -> Any:
    """Declare a category: annotate it `Literal[...]` for a listed set, `str` for an open one.

    Listed values are read regardless of case and surrounding blanks. `unseen` decides on all other
    values: "refuse" makes the row invalid, and is the default for a listed set; "score" accepts
    them, with the encoding's code for unseen values unless training has seen them.
    """
    policy = None if unseen is None else Unseen(unseen)
    reader = CategoryReader(policy, missing_words)
    field: Any = Field(
        alias=alias,
        default=None if nullable else ...,
        description=description,
        examples=[example],
        json_schema_extra=_extra(None, (personal_data, sensitive), missing_words),
    )
    return _read_by(reader, field, nullable=nullable)


def open_category(
    description: str,
    *,
    example: str,
    nullable: bool = False,
    personal_data: bool = False,
    sensitive: bool = False,
    alias: str | None = None,
    missing_words: Sequence[str] = (),
    value_words: Sequence[str] = (),
) -> Any:
    """Declare a category whose values are learned in training; annotate it `str`.

    `value_words` are read as values although they usually mean a missing value, such as NA.
    """
    field: Any = Field(
        alias=alias,
        default=None if nullable else ...,
        description=description,
        min_length=1,
        max_length=CATEGORY_LENGTH,
        examples=[example],
        json_schema_extra=_extra(None, (personal_data, sensitive), missing_words, value_words)
        | accepted_text(missing_words_of(missing_words, value_words)),
    )
    reader = CategoryReader(Unseen.SCORE, missing_words, value_words)
    return _read_by(reader, field, nullable=nullable)


def _read_by(reader: CategoryReader, field: Any, *, nullable: bool) -> Any:
    """Return the field of a category with its reader, and the schema of what the reader accepts."""
    if reader.is_asked_to_score:
        schema: Any = AnyCategory | None if nullable else AnyCategory
        field.metadata.append(WrapValidator(reader.validate, json_schema_input_type=schema))
    else:
        field.metadata.append(WrapValidator(reader.validate))
    return field


def date(
    description: str,
    *,
    example: str,
    parts: Sequence[DatePart | str] | None = None,
    aware: bool = False,
    earliest: str | None = None,
    latest: str | None = None,
    format: str | None = None,  # noqa: A002 -- as in `TimeColumn`
    nullable: bool = False,
    personal_data: bool = False,
    sensitive: bool = False,
    alias: str | None = None,
    missing_words: Sequence[str] = (),
) -> Any:
    """Declare a date: annotate it `datetime.date`, or `datetime.datetime` for a date and time.

    Values are ISO 8601. With `aware`, they have an offset from UTC, and the model sees them in UTC;
    without it, they have none. `parts` are the numbers that the model uses, by default all that
    apply; see `DatePart`. `format` is the format in files, in `strptime` directives, if it is not
    ISO 8601; by default, it is inferred.
    """
    reader = DateReader(
        parts, missing_words, aware=aware, earliest=earliest, latest=latest, format=format
    )
    bounds = {"formatMinimum": earliest, "formatMaximum": latest}
    field: Any = Field(
        alias=alias,
        default=None if nullable else ...,
        description=description,
        examples=[example],
        json_schema_extra=_extra(None, (personal_data, sensitive), missing_words)
        | {name: bound for name, bound in bounds.items() if bound is not None},
    )
    field.metadata.extend(
        [
            BeforeValidator(reader.read),
            AfterValidator(reader.spell),
            PlainSerializer(str, when_used="unless-none"),
            reader,
        ]
    )
    return field


def _date_reader(field: FieldInfo) -> DateReader | None:
    return next((rule for rule in field.metadata if isinstance(rule, DateReader)), None)


def _extra(
    unit: str | None,
    kept_from: tuple[bool, bool],
    missing_words: Sequence[str] = (),
    value_words: Sequence[str] = (),
) -> dict[str, Any]:
    personal_data, sensitive = kept_from
    extra: dict[str, Any] = {
        _UNIT: unit,
        _PERSONAL: personal_data,
        _SENSITIVE: sensitive,
        _MISSING_WORDS: [*missing_words],
        _VALUE_WORDS: [*value_words],
    }
    return {name: value for name, value in extra.items() if value}


def _column(name: str, field: FieldInfo) -> Column:
    annotation, nullable = without_none(field.annotation)
    if nullable == field.is_required():
        raise SpecError(f"field {name}: annotate it `| None` if and only if it is nullable")
    if not field.examples:
        raise SpecError(
            f"field {name}: declare it with number(), category(), open_category() or date()"
        )
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    unit = extra.get(_UNIT)
    if extra.get(_PERSONAL) and extra.get(_SENSITIVE):
        raise SpecError(f"field {name}: personal data are never kept; declare it as one of the two")
    kind, reader, dates = _kind(name, annotation), _reader(field), _date_reader(field)
    if (kind is ColumnKind.DATE) != (dates is not None):
        raise SpecError(f"field {name}: declare dates, and only dates, with date()")
    return Column(
        name=name,
        kind=kind,
        description=field.description or "",
        unit=str(unit) if unit else None,
        minimum=_bound(field, "ge"),
        maximum=_bound(field, "le"),
        categories=tuple(map(str, get_args(annotation))),
        unseen=reader.unseen if reader is not None else None,
        nullable=nullable,
        personal_data=bool(extra.get(_PERSONAL)),
        sensitive=bool(extra.get(_SENSITIVE)),
        example=field.examples[0],
        missing_words=_words(extra.get(_MISSING_WORDS)),
        value_words=_words(extra.get(_VALUE_WORDS)),
        date=dates.rule if dates else None,
    )


def _words(given: object) -> tuple[str, ...]:
    return tuple(map(str, given)) if isinstance(given, list) else ()


def without_none(annotation: Any) -> tuple[Any, bool]:
    """Return an annotation without `None`, and whether it had it."""
    if get_origin(annotation) not in (Union, types.UnionType):
        return annotation, False
    rest = tuple(arg for arg in get_args(annotation) if arg is not type(None))
    return (rest[0], True) if len(rest) == 1 else (annotation, False)


def _kind(name: str, annotation: Any) -> ColumnKind:
    if annotation is float:
        return ColumnKind.NUMBER
    if annotation is int:
        return ColumnKind.INTEGER
    listed = get_args(annotation) if get_origin(annotation) is Literal else ()
    if annotation is str or (listed and all(isinstance(each, str) for each in listed)):
        return ColumnKind.CATEGORY
    if annotation in (datetime.date, datetime.datetime):
        return ColumnKind.DATE
    raise SpecError(
        f"field {name}: its type must be int, float, str, Literal, datetime.date or "
        f"datetime.datetime, not {annotation}"
    )


def _bound(field: FieldInfo, name: str) -> float | None:
    values = [getattr(rule, name) for rule in field.metadata if hasattr(rule, name)]
    return float(values[0]) if values else None
