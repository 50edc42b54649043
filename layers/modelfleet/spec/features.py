"""Declaration of a model's columns."""

import types
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from difflib import get_close_matches
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from modelfleet.spec.document import Frozen
from modelfleet.spec.errors import SpecError
from modelfleet.spec.words import MISSING

_UNIT = "x-unit"
_PERSONAL = "x-personal-data"
_MISSING_WORDS = "x-missing-words"
_VALUE_WORDS = "x-value-words"
OPEN_CATEGORY_LENGTH = 64
# Size of the per-process cache of close matches for misspelled categories.
_REMEMBERED = 1_000
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
    values are learned in training. In files, `missing_words` are read as missing in addition to
    the standard words, and `value_words` are read as values even if they are standard words.
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
    missing_words: tuple[str, ...] = ()
    value_words: tuple[str, ...] = ()


class Target(Frozen, arbitrary_types_allowed=True):
    """The column to predict. Rows with a regression target outside the range are rejected.

    `labels` are the classes as spelled in files. A binary target lists the negative and then the
    positive class, and needs labels only if they are not 0 and 1, no and yes, or false and true. A
    multiclass target lists every class, at most 50; answers use the same names.

    `merge` lists, per class, further spellings in files and outcomes that count as this class, such
    as the rare classes that make up `other`. Rows of a class in `exclude` are left out of data
    sets: counted, and neither used nor rejected.
    """

    column: str
    description: str
    labels: tuple[str, ...] | None = None
    merge: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    exclude: tuple[str, ...] = ()
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every class that a file may contain: declared, merged, and excluded ones."""
        merged = (name for names in self.merge.values() for name in names)
        return (*(self.labels or ()), *merged, *self.exclude)


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
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Pass closed sets of categories to the validators of their fields."""
        super().__pydantic_init_subclass__(**kwargs)
        for field in cls.model_fields.values():
            annotation, nullable = _without_none(field.annotation)
            for rule in field.metadata:
                spelling = getattr(getattr(rule, "func", None), "__self__", None)
                if isinstance(spelling, _Spelling) and get_origin(annotation) is Literal:
                    spelling.declare(get_args(annotation), nullable)

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
        json_schema_extra=_extra(unit, personal_data, missing_words),
    )
    if codes := _numbers_among(missing_words):
        field.metadata.append(BeforeValidator(lambda value: _without_codes(value, codes)))
    return field


def _numbers_among(words: Sequence[str]) -> frozenset[float]:
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


class _Spelling:
    """Validator that matches categories regardless of case and blanks, in requests as in files.

    Nullable fields also accept the standard words for a missing value; a declared category takes
    precedence over such a word.
    """

    def __init__(self) -> None:
        self._known: dict[str, str | None] = {}
        self._checked = lru_cache(_REMEMBERED)(self._require_no_misspelling)

    def declare(self, categories: Sequence[str], nullable: bool) -> None:
        """Set the categories; those that differ only in case are matched exactly."""
        if nullable:
            # Empty or single-character texts are more likely typing errors than missing values.
            self._known.update((word, None) for word in MISSING if len(word) > 1)
        folded = Counter(map(_folded, categories))
        self._known.update(
            (_folded(each), each) for each in categories if folded[_folded(each)] == 1
        )
        self._known.update((each, each) for each in categories)

    def read(self, value: Any) -> Any:
        """Return the declared category that a text matches; other values are returned unchanged."""
        if not isinstance(value, str) or not self._known:
            return value
        if value in self._known:
            return self._known[value]
        folded = _folded(value)
        if folded not in self._known and len(folded) <= OPEN_CATEGORY_LENGTH:
            self._checked(folded)
        return self._known.get(folded, value)

    def _require_no_misspelling(self, folded: str) -> None:
        """Raise the usual error with the closest category added, if there is one."""
        categories = list(dict.fromkeys(each for each in self._known.values() if each is not None))
        named = {_folded(each): each for each in categories}
        if near := get_close_matches(folded, list(named), n=1):
            *rest, last = map(repr, categories)
            listed = f"{', '.join(rest)} or {last}" if rest else last
            text = f"Input should be {listed}; did you mean {named[near[0]]!r}?"
            raise PydanticCustomError("literal_error", "{text}", {"text": text})


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def category(
    description: str,
    *,
    example: str,
    nullable: bool = False,
    personal_data: bool = False,
    alias: str | None = None,
    missing_words: Sequence[str] = (),
) -> Any:
    """Declare a category: annotate it `Literal[...]` for a closed set, `str` for an open one.

    Values of a closed set are read regardless of case and surrounding blanks.
    """
    field: Any = Field(
        alias=alias,
        default=None if nullable else ...,
        description=description,
        examples=[example],
        json_schema_extra=_extra(None, personal_data, missing_words),
    )
    field.metadata.append(BeforeValidator(_Spelling().read))
    return field


def open_category(
    description: str,
    *,
    example: str,
    nullable: bool = False,
    personal_data: bool = False,
    alias: str | None = None,
    missing_words: Sequence[str] = (),
    value_words: Sequence[str] = (),
) -> Any:
    """Declare a category whose values are learned in training; annotate it `str`.

    `value_words` are read as values although they usually mean a missing value, such as NA.
    """
    return Field(
        alias=alias,
        default=None if nullable else ...,
        description=description,
        min_length=1,
        max_length=OPEN_CATEGORY_LENGTH,
        examples=[example],
        # Values are stripped before validation, so a blank value is empty; say so in the schema.
        json_schema_extra=_extra(None, personal_data, missing_words, value_words)
        | {"pattern": _NOT_BLANK},
    )


def _extra(
    unit: str | None,
    personal_data: bool,
    missing_words: Sequence[str] = (),
    value_words: Sequence[str] = (),
) -> dict[str, Any]:
    extra: dict[str, Any] = {
        _UNIT: unit,
        _PERSONAL: personal_data,
        _MISSING_WORDS: [*missing_words],
        _VALUE_WORDS: [*value_words],
    }
    return {name: value for name, value in extra.items() if value}


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
        missing_words=_words(extra.get(_MISSING_WORDS)),
        value_words=_words(extra.get(_VALUE_WORDS)),
    )


def _words(given: object) -> tuple[str, ...]:
    return tuple(map(str, given)) if isinstance(given, list) else ()


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
