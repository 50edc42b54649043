"""Reads a table of outcomes: a key, the outcome, and optionally when it became known."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelfleet.spec.errors import DatasetError, TableError
from modelfleet.spec.model import ModelSpec
from modelfleet.tables.columns.arrow_cells import taken
from modelfleet.tables.columns.formats import (
    ColumnReader,
    Expected,
    Kind,
    RawColumn,
    find_formats,
)
from modelfleet.tables.model_columns import expectations, require_columns
from modelfleet.tables.reader import read_cells
from modelfleet.tables.rows import Texts
from modelfleet.tables.table_format import AS_FOUND, ReadOptions, TableFormat
from modelfleet.tables.validate_columns import read_targets

# Clocks and time zones differ by less; a later time is a mistake.
_AHEAD = timedelta(days=1)
_DAY_LENGTH = len("2026-01-31")
_NO_KEY = "the key is missing"
_NO_TIME = "the time is missing"
_NOT_A_TIME = "the time is not a date or a date and time"
_FUTURE = "the time is in the future"
_LONG_AGO = "the time is before 2000"
_WHOLE = re.compile(r"-?[0-9]+\.0")
_EARLIEST = np.datetime64("2000-01-01", "us")


@dataclass(frozen=True)
class OutcomeTable:
    """Valid rows of a table of outcomes; all arrays have the shape (n,).

    Attributes
    ----------
    source, sha256
        Name of the file, and hash of its bytes.
    keys
        Prediction IDs or IDs of entities, as objects.
    actual
        Outcomes as in data sets, as objects: numbers, or names of classes.
    known_at
        When each outcome became known, datetime64[us] in UTC.
    lines
        Line of each row in the file.
    rejected
        Number of other rows by reason; no reason contains a value.
    format
        How the file and its columns were read.
    """

    source: str
    sha256: str
    keys: NDArray[np.object_]
    actual: NDArray[np.object_]
    known_at: NDArray[np.datetime64]
    lines: NDArray[np.int64]
    rejected: Mapping[str, int]
    format: TableFormat


def read_outcome_table(
    spec: ModelSpec,
    path: Path,
    *,
    key: str,
    target: str,
    time: str | None,
    now: datetime,
    options: ReadOptions = AS_FOUND,
) -> OutcomeTable:
    """Read a table of outcomes in any format that `fleet data load` reads.

    Parameters
    ----------
    spec
        The model, whose target the outcomes are.
    path
        The file.
    key, target, time
        Names of the columns; without a time, all outcomes became known now. A day without a time
        means its end, and a time without an offset is in UTC.
    now
        The current time.
    options
        The user's instructions for reading the file.

    Raises
    ------
    DatasetError
        If the file cannot be read, lacks a column, or has a column that can be read in two ways.
    """
    names = [name for name in (key, target, time) if name is not None]
    if len(set(names)) < len(names):
        raise DatasetError(f"{path.name}: key, target, and time must be different columns")
    found: dict[str, int] = {}

    def choose(header: Sequence[str]) -> Sequence[int]:
        found.update(require_columns(header, names))
        if len(set(found.values())) < len(found):
            raise TableError("key, target, and time must be different columns")
        return list(found.values())

    cells = read_cells(path, options, known=names, choose=choose)
    raw = dict(zip(found, cells.columns, strict=True))
    expected = {target: expectations(spec)[spec.target.column]}
    if time is not None:
        expected[time] = Expected(Kind.DATE)
    try:
        columns = [RawColumn(name, raw[name], each) for name, each in expected.items()]
        formats = find_formats(columns, cells.format, options)
    except TableError as error:
        raise DatasetError(f"{path.name}: {error}") from error
    read = {
        each.name: ColumnReader(each, expected[each.name]).read_all(raw[each.name])
        for each in formats
    }
    reasons = Counter("the row cannot be read" for _ in cells.malformed)
    rows = _Rows(len(cells.lines), reasons)
    keys = rows.objects(_keys(raw[key]))
    rows.reject(keys == None, _NO_KEY)  # noqa: E711  # element by element
    valid, values = read_targets(spec, read[target])
    _reject_targets(spec, rows, ~valid, read[target])
    actual = values.objects() if isinstance(values, Texts) else values.array.astype(object)
    count = rows.kept.size
    known_at = (
        np.full(count, _utc(now), dtype="datetime64[us]")
        if time is None
        else _times(rows, read[time], now)
    )
    kept = rows.kept
    return OutcomeTable(
        source=cells.source,
        sha256=cells.sha256,
        keys=keys[kept],
        actual=actual[kept],
        known_at=known_at[kept],
        lines=np.array(cells.lines, dtype=np.int64)[kept],
        rejected=dict(rows.rejected),
        format=cells.format.model_copy(update={"columns": formats}),
    )


class _Rows:
    """Rows that are valid so far, and the number of the others by reason."""

    def __init__(self, count: int, rejected: Counter[str]) -> None:
        self.kept = np.ones(count, dtype=np.bool_)
        self.rejected = rejected

    def reject(self, wrong: NDArray[np.bool_], reason: str) -> None:
        """Reject rows, each for its first reason."""
        if count := int((self.kept & wrong).sum()):
            self.rejected[reason] += count
            self.kept &= ~wrong

    @staticmethod
    def objects(values: Sequence[Any]) -> NDArray[np.object_]:
        """Return values as an array of objects, shape (n,)."""
        found: NDArray[np.object_] = np.empty(len(values), dtype=object)
        found[:] = values
        return found


def _keys(cells: Sequence[Any]) -> list[str | None]:
    """Return keys as text; where a column of whole numbers has gaps, programs write 5.0."""
    found = [None if cell is None else _text(cell) for cell in cells]
    if all(_WHOLE.fullmatch(key) for key in found if key is not None):
        return [None if key is None else key.removesuffix(".0") for key in found]
    return found


def _text(cell: Any) -> str | None:
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return str(cell).strip() or None


def _reject_targets(
    spec: ModelSpec, rows: _Rows, wrong: NDArray[np.bool_], cells: Sequence[Any]
) -> None:
    """Reject rows by the fault of their outcome, each distinct one read once."""
    places = np.flatnonzero(wrong & rows.kept)
    faults: dict[Any, str] = {}
    by_reason: dict[str, list[int]] = {}
    for place, cell in zip(places.tolist(), taken(cells, places), strict=True):
        if cell not in faults:
            faults[cell] = _target_fault(spec, cell)
        by_reason.setdefault(faults[cell], []).append(place)
    for reason, some in by_reason.items():
        mask = np.zeros(wrong.size, dtype=np.bool_)
        mask[some] = True
        rows.reject(mask, reason)


def _target_fault(spec: ModelSpec, cell: Any) -> str:
    if cell is None:
        return "the outcome is missing"
    fault = spec.task.kind.read(spec.target, cell)[1]
    return f"the outcome: {fault[1]}" if fault else "the outcome is a class that is excluded"


def _times(rows: _Rows, cells: Sequence[Any], now: datetime) -> NDArray[np.datetime64]:
    known: dict[Any, datetime | None] = {}
    found = np.full(rows.kept.size, np.datetime64("NaT"), dtype="datetime64[us]")
    missing = np.zeros(rows.kept.size, dtype=np.bool_)
    for place, cell in enumerate(cells):
        if cell is None:
            missing[place] = True
            continue
        if cell not in known:
            known[cell] = _moment(cell)
        if (at := known[cell]) is not None:
            found[place] = np.datetime64(at, "us")
    rows.reject(missing, _NO_TIME)
    rows.reject(np.isnat(found), _NOT_A_TIME)
    rows.reject(found < _EARLIEST, _LONG_AGO)
    rows.reject(found > np.datetime64(_utc(now + _AHEAD), "us"), _FUTURE)
    return found


def _moment(cell: Any) -> datetime | None:
    """Return a time in UTC, without its offset; `None` if the cell is not a time."""
    if not isinstance(cell, str):
        return None
    try:
        at = datetime.fromisoformat(cell)
        if len(cell) <= _DAY_LENGTH:
            at += timedelta(days=1)
        return _utc(at if at.tzinfo else at.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(tzinfo=None)
