"""Declaration of a model's columns."""

import types
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

from modelfleet.spec.document import Frozen
from modelfleet.spec.errors import SpecError

_UNIT = "x-unit"
_PERSONAL = "x-personal-data"
OPEN_CATEGORY_LENGTH = 64
_NOT_BLANK = r"\S"

# Provenance columns of a row; no spec may declare columns with these names.
ORIGIN = "_origin"
PREDICTION_ID = "_prediction_id"
CLIENT = "_client"
PROVENANCE = (ORIGIN, PREDICTION_ID, CLIENT)


class ColumnKind(StrEnum):
    """Kind of a column's values."""

    NUMBER = "number"
    INTEGER = "integer"
    CATEGORY = "category"


class Column(Frozen, extra="ignore"):
    """One input column, as declared by a field of a `Features` class.

    `name` is the column's name in data, requests, and responses: the field's alias if it has one,
    otherwise the field's name. `categories` is empty for numbers and for open categories, whose
    values are learned in training.
    """

    name: str
    kind: ColumnKind
    description: str
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    categories: tuple[str, ...] = ()
    nullable: bool = False
    personal_data: bool = False
    example: str | int | float


class Target(Frozen, arbitrary_types_allowed=True):
    """The column to predict. A regression target outside the range is a junk row.

    `labels` are the classes as files spell them. Of two they are the negative and the positive one,
    and only needed where those are not 0 and 1, no and yes, or false and true. Of more than two
    they name every class that there may be, and answers name them so too; there are at most 50.
    """

    column: str
    description: str
    labels: tuple[str, ...] | None = None
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None


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
        return columns

    @classmethod
    def example(cls) -> dict[str, str | int | float]:
        """Return a complete row made of the example that each field declares."""
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


def number(
    description: str,
    *,
    minimum: float,
    maximum: float,
    example: float,
    unit: str | None = None,
    nullable: bool = False,
    personal_data: bool = False,
    alias: str | None = None,
) -> Any:
    """Declare a numeric field; annotate it `float` or `int` (`| None` if `nullable`).

    `alias` is the column's name if that is not a valid Python field name.
    """
    return Field(
        alias=alias,
        default=None if nullable else ...,
        description=description,
        ge=minimum,
        le=maximum,
        examples=[example],
        json_schema_extra=_extra(unit, personal_data),
    )


def category(
    description: str,
    *,
    example: str,
    nullable: bool = False,
    personal_data: bool = False,
    alias: str | None = None,
) -> Any:
    """Declare a category: annotate it `Literal[...]` for a closed set, `str` for an open one."""
    return Field(
        alias=alias,
        default=None if nullable else ...,
        description=description,
        examples=[example],
        json_schema_extra=_extra(None, personal_data),
    )


def open_category(
    description: str,
    *,
    example: str,
    nullable: bool = False,
    personal_data: bool = False,
    alias: str | None = None,
) -> Any:
    """Declare a category whose values are learned in training; annotate it `str`."""
    return Field(
        alias=alias,
        default=None if nullable else ...,
        description=description,
        min_length=1,
        max_length=OPEN_CATEGORY_LENGTH,
        examples=[example],
        # Values are stripped before validation, so a blank value is empty; say so in the schema.
        json_schema_extra=_extra(None, personal_data) | {"pattern": _NOT_BLANK},
    )


def _extra(unit: str | None, personal_data: bool) -> dict[str, Any]:
    extra: dict[str, Any] = {_UNIT: unit} if unit else {}
    return extra | ({_PERSONAL: True} if personal_data else {})


def _column(name: str, field: FieldInfo) -> Column:
    annotation, nullable = _without_none(field.annotation)
    if nullable == field.is_required():
        raise SpecError(f"field {name}: annotate it `| None` if and only if it is nullable")
    if not field.examples:
        raise SpecError(f"field {name}: declare it with number(), category() or open_category()")
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    unit = extra.get(_UNIT)
    return Column(
        name=name,
        kind=_kind(name, annotation),
        description=field.description or "",
        unit=str(unit) if unit else None,
        minimum=_bound(field, "ge"),
        maximum=_bound(field, "le"),
        categories=tuple(map(str, get_args(annotation))),
        nullable=nullable,
        personal_data=bool(extra.get(_PERSONAL)),
        example=field.examples[0],
    )


def _without_none(annotation: Any) -> tuple[Any, bool]:
    if get_origin(annotation) not in (Union, types.UnionType):
        return annotation, False
    rest = tuple(arg for arg in get_args(annotation) if arg is not type(None))
    return (rest[0], True) if len(rest) == 1 else (annotation, False)


def _kind(name: str, annotation: Any) -> ColumnKind:
    if annotation is float:
        return ColumnKind.NUMBER
    if annotation is int:
        return ColumnKind.INTEGER
    if annotation is str or get_origin(annotation) is Literal:
        return ColumnKind.CATEGORY
    raise SpecError(f"field {name}: its type must be int, float, str or Literal, not {annotation}")


def _bound(field: FieldInfo, name: str) -> float | None:
    values = [getattr(rule, name) for rule in field.metadata if hasattr(rule, name)]
    return float(values[0]) if values else None
