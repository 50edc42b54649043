"""Validation of whole columns; only rows that may break a rule are validated one by one.

A quick pass finds the rows that are certainly valid. All others are built as rows and validated by
`tables.validate`, so that verdicts, values, and messages are those of the API by construction.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import annotated_types
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import BeforeValidator, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from modelfleet.spec.features import GROUP, Column, ColumnKind, Features, numbers_among
from modelfleet.spec.model import ModelSpec
from modelfleet.spec.tasks.kind import is_excluded
from modelfleet.spec.time_column import TimeColumn
from modelfleet.tables.columns.arrow_cells import ArrowCells, in_arrow, taken
from modelfleet.tables.rows import MISSING, Numbers, Row, Rows, Texts, Values
from modelfleet.tables.validate import Rejections, ValidatedRows, validated

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]

# Texts that pydantic and Arrow convert to the same number.
_FLOAT = r"^-?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][-+]?[0-9]{1,2})?$"
_INTEGER = r"^-?(?:0|[1-9][0-9]{0,14})(?:\.0{1,9})?$"
# Larger integers have no exact float64.
_EXACT = 2.0**53
_RULES = (annotated_types.Ge, annotated_types.Le)
_NO_MASK = np.zeros(0, dtype=np.bool_)


def validate_columns(
    spec: ModelSpec,
    lines: Sequence[int],
    columns: Mapping[str, Sequence[Any]],
    provenance: NDArray[np.object_] | None = None,
) -> ValidatedRows:
    """Validate rows given as columns; the result is that of `validate` on the same rows.

    Parameters
    ----------
    spec
        The model.
    lines
        Line number of each row, length n.
    columns
        Cells of the features, the target, and the time if declared, length n each: text or typed,
        `None` if missing. Those of the group are kept unchanged.
    provenance
        Provenance columns of each row that is not from a file, shape (n,), objects with `None`;
        `None` if all rows are from files.

    Returns
    -------
    ValidatedRows
        Accepted and rejected rows, in the order given; rows without an outcome are only counted.
    """
    columns = {name: in_arrow(cells) for name, cells in columns.items()}
    passed = _passed(spec, columns)
    certain = np.logical_and.reduce([each.certain for each in passed.values()])
    rest = np.flatnonzero(~certain)
    found = _rest(spec, lines, columns, provenance, rest)
    certain[rest] = found.accepted
    values = {
        name: _merged(each, rest[found.accepted], [row.get(name) for row in found.rows])
        for name, each in passed.items()
    }
    rows = Rows(values, provenance)
    return found.rejections.result(rows if certain.all() else rows.take(certain))


def read_targets(spec: ModelSpec, cells: Sequence[Any]) -> tuple[Mask, Values]:
    """Return which cells of the target's column are outcomes, shape (n,), and all values."""
    found = _target(spec, in_arrow(cells))
    return found.certain, found.values


@dataclass(frozen=True)
class _Passed:
    """Values of a column where they are certain: not NaN or -1 by mistake, and valid."""

    certain: Mask
    values: Values


@dataclass(frozen=True)
class _Rest:
    """Rows validated one by one; `accepted` is a mask of them, `rows` are those accepted."""

    accepted: Mask
    rows: Sequence[Row]
    rejections: Rejections


def _passed(spec: ModelSpec, columns: Mapping[str, Sequence[Any]]) -> dict[str, _Passed]:
    uncertain = not _is_plain(spec.features)
    found: dict[str, _Passed] = {}
    fields = {field.alias or name: field for name, field in spec.features.model_fields.items()}
    for column in spec.features.columns():
        cells = columns[column.name]
        if uncertain:
            found[column.name] = _unknown(cells, column.kind)
        elif column.kind.is_numeric:
            found[column.name] = _numbers(column, fields[column.name], cells)
        else:
            found[column.name] = _texts(cells, _field_rule(spec.features, fields[column.name]))
    target = spec.target
    found[target.column] = _target(spec, columns[target.column])
    if (time := spec.time_apart) is not None:
        found[time.column] = _texts(columns[time.column], _time_rule(time))
    if spec.group is not None:
        rows = len(columns[target.column])
        hashes = columns.get(GROUP, [None] * rows)
        found[GROUP] = _Passed(np.ones(rows, dtype=np.bool_), Texts.of([*hashes]))
    return found


def _is_plain(features: type[Features]) -> bool:
    """Return whether a row is valid exactly if each of its fields is."""
    rules, own = features.__pydantic_decorators__, Features.__pydantic_decorators__
    return (
        features.model_config == Features.model_config
        and not any((rules.validators, rules.field_validators, rules.root_validators))
        and rules.model_validators.keys() == own.model_validators.keys()
        and not rules.computed_fields
        and features.model_post_init is Features.model_post_init
        and features.__init__ is Features.__init__
    )


def _rest(
    spec: ModelSpec,
    lines: Sequence[int],
    columns: Mapping[str, Sequence[Any]],
    provenance: NDArray[np.object_] | None,
    rest: NDArray[np.intp],
) -> _Rest:
    """Validate the rows at some indices one by one."""
    if not rest.size:
        return _Rest(_NO_MASK, (), Rejections(spec))
    names = list(columns)
    values = [taken(cells, rest) for cells in columns.values()]
    accepted = np.zeros(rest.size, dtype=np.bool_)
    rows: list[Row] = []
    rejections = Rejections(spec)
    for number, cells in enumerate(zip(*values, strict=True)):
        place = int(rest[number])
        given = dict(zip(names, cells, strict=True))
        if rejections.sets_aside(given[spec.target.column]):
            continue
        if provenance is not None and provenance[place] is not None:
            given |= provenance[place]
        row, broken = validated(spec, given)
        if broken:
            rejections.add(lines[place], broken)
        else:
            accepted[number] = True
            rows.append(row)
    return _Rest(accepted, rows, rejections)


def _merged(passed: _Passed, places: NDArray[np.intp], values: Sequence[Any]) -> Values:
    """Return a column with the values of the rows that were validated one by one."""
    column = passed.values
    if not places.size:
        return column
    if isinstance(column, Numbers):
        array = column.array.copy()
        array[places] = np.array(values, dtype=np.float64)
        return Numbers(array, column.whole)
    names = {name: code for code, name in enumerate(column.names.tolist())}
    codes = column.codes.copy()
    codes[places] = [MISSING if v is None else names.setdefault(v, len(names)) for v in values]
    return Texts(codes, np.array([*names], dtype=object))


def _unknown(cells: Sequence[Any], kind: ColumnKind) -> _Passed:
    """Return a column of which no value is certain."""
    certain = np.zeros(len(cells), dtype=np.bool_)
    if kind.is_numeric:
        return _Passed(certain, Numbers(np.full(len(cells), np.nan), kind is ColumnKind.INTEGER))
    codes = np.full(len(cells), MISSING, dtype=np.int32)
    return _Passed(certain, Texts(codes, np.zeros(0, dtype=object)))


def _numbers(column: Column, field: FieldInfo, cells: Sequence[Any]) -> _Passed:
    """Pass numbers in plain notation within the declared range."""
    whole = column.kind is ColumnKind.INTEGER
    if not all(isinstance(rule, _RULES) or _is_gap_rule(rule) for rule in field.metadata):
        return _unknown(cells, column.kind)
    numbers, missing = _parsed(cells, whole)
    low = -np.inf if column.minimum is None else column.minimum
    high = np.inf if column.maximum is None else column.maximum
    certain = np.isfinite(numbers) & (numbers >= low) & (numbers <= high)
    # Such as -999; the row's own rule decides.
    certain &= ~np.isin(numbers, [*numbers_among(column.missing_words)])
    if whole:
        certain &= (np.abs(numbers) <= _EXACT) & (numbers == np.rint(numbers))
        # An integer has no negative zero.
        numbers = numbers + 0.0
    if column.nullable:
        certain |= missing
    return _Passed(certain, Numbers(np.where(certain, numbers, np.nan), whole))


def _is_gap_rule(rule: Any) -> bool:
    """Return whether a rule only reads the numbers of `missing_words` as missing."""
    return isinstance(rule, BeforeValidator) and rule.func.__module__ == Features.__module__


def _parsed(cells: Sequence[Any], whole: bool) -> tuple[Floats, Mask]:
    """Return numbers, NaN where a cell is missing or not certainly one, and a mask of gaps."""
    if not isinstance(cells, ArrowCells):
        return _of_objects(cells)
    array = cells.array
    missing = np.asarray(array.is_null().to_numpy(zero_copy_only=False), dtype=np.bool_)
    if cells.is_text:
        plain = pc.match_substring_regex(array, _INTEGER if whole else _FLOAT)
        array = array if pc.all(plain).as_py() else pc.if_else(plain, array, None)
        # Arrow refuses text that overflows; such numbers are out of any range.
        numbers = array.cast(pa.float64())
    else:
        numbers = array.cast(pa.float64(), safe=False)
        if pa.types.is_integer(array.type):
            exact = pc.less_equal(pc.abs(numbers), _EXACT)
            numbers = pc.if_else(exact, numbers, None)
    return _floats(numbers), missing


def _floats(numbers: Any) -> Floats:
    return np.asarray(pc.fill_null(numbers, np.nan).to_numpy(zero_copy_only=False))


def _of_objects(cells: Sequence[Any]) -> tuple[Floats, Mask]:
    missing = np.fromiter((cell is None for cell in cells), dtype=np.bool_, count=len(cells))
    types = set(map(type, cells))
    if types <= {float, type(None)}:
        return np.array(cells, dtype=np.float64), missing
    if types <= {int, float, type(None)}:
        numbers = (np.nan if cell is None or abs(cell) > _EXACT else float(cell) for cell in cells)
        return np.fromiter(numbers, dtype=np.float64, count=len(cells)), missing
    return np.full(len(cells), np.nan), missing


Rule = Callable[[Any], tuple[bool, Any]]
"""Returns whether a value is valid, and its typed value."""


def _texts(cells: Sequence[Any], rule: Rule) -> _Passed:
    """Apply a rule once per distinct text, and once to a missing value."""
    codes, valid, values = _by_distinct(cells, rule)
    texts = Texts.of(values)
    return _Passed(valid[codes], Texts(texts.codes[codes], texts.names))


def _target(spec: ModelSpec, cells: Sequence[Any]) -> _Passed:
    def rule(value: Any) -> tuple[bool, Any]:
        if value is None or is_excluded(spec.target, value):
            return False, None
        found, fault = spec.task.kind.read(spec.target, value)
        return fault is None, None if fault is not None else found

    if spec.classes:
        return _texts(cells, rule)
    codes, valid, values = _by_distinct(cells, rule)
    return _Passed(valid[codes], Numbers(np.array(values, dtype=np.float64)[codes]))


def _by_distinct(cells: Sequence[Any], rule: Rule) -> tuple[NDArray[np.intp], Mask, Sequence[Any]]:
    """Return an index per cell, and by index whether the value is valid, and its typed value.

    The last index stands for missing values. Typed cells are told apart from the texts of the same
    spelling.
    """
    if isinstance(cells, ArrowCells):
        found = cells.array.dictionary_encode()
        distinct = found.dictionary.to_pylist()
        indices = pc.fill_null(found.indices, len(distinct)).to_numpy(zero_copy_only=False)
        codes = indices.astype(np.intp)
    else:
        places: dict[tuple[type, Any], int] = {}
        missing = (type(None), None)
        keys = [(type(cell), cell) for cell in cells]
        listed = [-1 if key == missing else places.setdefault(key, len(places)) for key in keys]
        distinct = [value for _, value in places]
        codes = np.array(listed, dtype=np.intp)
        codes[codes == -1] = len(distinct)
    checked = [rule(value) for value in (*distinct, None)]
    valid = np.array([is_valid for is_valid, _ in checked], dtype=np.bool_)
    return codes, valid, [value for _, value in checked]


def _field_rule(features: type[Features], field: FieldInfo) -> Rule:
    """Return the rule of a field of text, by the validator that the row itself would use."""
    kind: Any = field.annotation
    if field.metadata:
        kind = Annotated[(kind, *field.metadata)]
    validator = TypeAdapter(kind, config=features.model_config).validator

    def rule(value: Any) -> tuple[bool, Any]:
        try:
            found = validator.validate_python(value)
        except ValidationError:
            return False, None
        # Other types have no text column.
        return found is None or isinstance(found, str), found

    return rule


def _time_rule(time: TimeColumn) -> Rule:
    def rule(value: Any) -> tuple[bool, Any]:
        if value is None:
            return False, None
        try:
            return True, time.read(str(value))
        except ValueError:
            return False, None

    return rule
