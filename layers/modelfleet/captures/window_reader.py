"""Reads a window's captures from the lake into columns, file by file."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from modelfleet.captures.columns import Values, WindowColumns, watched
from modelfleet.captures.lake import days, unpacked
from modelfleet.captures.parse import LABEL, capture_schema, parse_captures
from modelfleet.captures.window import Window
from modelfleet.spec.features import Column, ColumnKind, Input
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.drift.bins import Categories
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.date_parts import profiled_numbers

# A table of a million rows and 20 columns takes about 170 MB, and a tenth of them says as much.
ROWS_MAXIMUM = 1_000_000
# Key of the predicted classes' names, next to those of categorical features.
_ANSWERED = "(label)"

_Chunk = dict[str, NDArray[np.float64] | NDArray[np.int32]]


def read_window(
    lake: ObjectStore,
    spec: ModelSpec,
    window: Window,
    *,
    version: str | None = None,
    rows_maximum: int = ROWS_MAXIMUM,
) -> WindowColumns:
    """Read a model's inputs and predictions in a window, each prediction once.

    Only one file is in memory at a time. If the window has more than `rows_maximum` predictions, a
    half, a quarter, and so on is sampled by a hash of the prediction IDs, so that every read of the
    window returns the same sample.

    Parameters
    ----------
    lake
        The lake bucket.
    spec
        The model, whose features declare the columns and their kinds.
    window
        Predictions made at its start or later, and before its end.
    version
        The version that predicted; `None` reads all versions.
    rows_maximum
        Maximum number of rows to keep.

    Returns
    -------
    WindowColumns
        Rows in the order of days and files.
    """
    gathered = _Gathered(watched(spec.features.columns()), rows_maximum)
    answer = spec.task.kind.score_field
    declared = tuple(dict.fromkeys(each.source.name for each in gathered.columns))
    columns = [column for column in spec.features.columns() if column.name in declared]
    schema = capture_schema(columns, answer, labelled=bool(spec.classes))
    for key in _files(lake, spec.name, window):
        table = _within(parse_captures(unpacked(lake.get(key).content), schema, key), window)
        gathered.asked += table.num_rows
        gathered.clients.update(table["client"].fill_null("").unique().to_pylist())
        if version is not None:
            table = table.filter(pc.equal(table["version"], version))
        gathered.add(table, answer)
    return gathered.whole()


def _files(lake: ObjectStore, model: str, window: Window) -> Iterator[str]:
    for day in days(window.start, window.end):
        yield from lake.keys(keys.captures(model, day))


def _within(table: pa.Table, window: Window) -> pa.Table:
    made_at = table["timestamp"].to_numpy()
    start, end = (np.datetime64(at.replace(tzinfo=None), "us") for at in _utc(window))
    return table.filter(pa.array((made_at >= start) & (made_at < end)))


def _utc(window: Window) -> Iterator[pd.Timestamp]:
    for at in (window.start, window.end):
        yield pd.Timestamp(at).tz_convert("UTC")


@dataclass
class _Gathered:
    """Rows read so far, in chunks, with a hash of each prediction ID."""

    columns: tuple[Input, ...]
    rows_maximum: int
    names: dict[str, dict[str, int]] = field(default_factory=dict)
    hashes: list[NDArray[np.uint64]] = field(default_factory=list)
    chunks: list[_Chunk] = field(default_factory=list)
    answers: list[NDArray[np.float64]] = field(default_factory=list)
    labels: list[NDArray[np.int32]] = field(default_factory=list)
    times: list[NDArray[np.datetime64]] = field(default_factory=list)
    halvings: int = 0
    asked: int = 0
    clients: set[str] = field(default_factory=set)

    def add(self, table: pa.Table, answer: str) -> None:
        """Add a file's rows."""
        ids = table["prediction_id"].to_numpy(zero_copy_only=False)
        # Hashes stand in for IDs: the chance that two of a million IDs collide is 1 in 30 million.
        self.hashes.append(pd.util.hash_array(ids.astype(object), categorize=False))
        self.times.append(table["timestamp"].to_numpy().astype("datetime64[us]"))
        features = table["features"].combine_chunks()
        self.chunks.append(
            {each.column.name: self._values(each, features) for each in self.columns}
        )
        output = table["output"].combine_chunks()
        self.answers.append(_numbers(output.field(answer)))
        if output.type.get_field_index(LABEL) >= 0:
            self.labels.append(self._codes(_ANSWERED, output.field(LABEL)))
        self._thin(len(self.hashes) - 1)
        while sum(map(len, self.hashes)) > self.rows_maximum:
            self.halvings += 1
            for place in range(len(self.hashes)):
                self._thin(place)

    def whole(self) -> WindowColumns:
        """Concatenate the chunks, without duplicate predictions."""
        hashes = np.concatenate(self.hashes) if self.hashes else np.empty(0, dtype=np.uint64)
        first = np.sort(np.unique(hashes, return_index=True)[1])
        features = {each.column.name: self._column(each.column, first) for each in self.columns}
        answers = np.concatenate(self.answers)[first] if self.answers else np.empty(0)
        none = np.empty(0, dtype="datetime64[us]")
        labels = None
        if self.labels:
            names = tuple(self.names.get(_ANSWERED, {}))
            labels = Categories(names, np.concatenate(self.labels)[first])
        return WindowColumns(
            rows=first.size,
            features=features,
            predictions=answers,
            share=0.5**self.halvings,
            labels=labels,
            asked=self.asked,
            clients=frozenset(self.clients),
            made_at=np.concatenate([none, *self.times])[first],
        )

    def _values(
        self, given: Input, features: pa.StructArray
    ) -> NDArray[np.float64] | NDArray[np.int32]:
        values = features.field(given.source.name)
        if given.source.kind is ColumnKind.DATE:
            return profiled_numbers(given, values.to_numpy(zero_copy_only=False))
        if given.source.kind is not ColumnKind.CATEGORY:
            return _numbers(values)
        return self._codes(given.source.name, values)

    def _codes(self, name: str, values: pa.Array) -> NDArray[np.int32]:
        known = self.names.setdefault(name, {})
        encoded = values.dictionary_encode()
        codes = [known.setdefault(each, len(known)) for each in encoded.dictionary.to_pylist()]
        places = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        # Missing values have the place -1, which selects the last element.
        coded: NDArray[np.int32] = np.array([*codes, -1], dtype=np.int32)[places]
        return coded

    def _column(self, column: Column, rows: NDArray[np.intp]) -> Values:
        parts = [chunk.pop(column.name) for chunk in self.chunks]
        whole = np.concatenate(parts)[rows] if parts else np.empty(0)
        if column.kind is not ColumnKind.CATEGORY:
            return whole.astype(np.float64, copy=False)
        names = tuple(self.names.get(column.name, {}))
        return Categories(names, whole.astype(np.int32, copy=False))

    def _thin(self, place: int) -> None:
        if not self.halvings:
            return
        keep = self.hashes[place] % np.uint64(2**self.halvings) == 0
        self.hashes[place] = self.hashes[place][keep]
        self.answers[place] = self.answers[place][keep]
        self.times[place] = self.times[place][keep]
        if self.labels:
            self.labels[place] = self.labels[place][keep]
        self.chunks[place] = {name: v[keep] for name, v in self.chunks[place].items()}


def _numbers(values: pa.Array) -> NDArray[np.float64]:
    numbers = values.to_numpy(zero_copy_only=False)
    return np.asarray(numbers, dtype=np.float64)
