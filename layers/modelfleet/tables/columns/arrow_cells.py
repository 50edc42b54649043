"""Cells of a column in Arrow, which take a fifth of the memory of Python objects."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, cast, overload

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from modelfleet.tables.columns.numbers import is_plain

_BLOCK_ROWS = 10_000
# Mean length in bytes from which texts that repeat are not copied.
_LONG = 64
_NUMBERS = {pa.int64(), pa.float64()}
_ARROW_TYPES = (({str}, pa.string()), ({int}, pa.int64()), ({int, float}, pa.float64()))


class ArrowCells(Sequence[Any]):
    """Cells of a column, all text or all numbers, `None` if missing; built when asked for.

    Attributes
    ----------
    array : pyarrow.Array
        The cells: strings, int64, or float64 without NaN, with nulls.
    padded : int
        Number of texts that had blanks around them in the file, including rows that have been left
        out since.
    """

    def __init__(self, array: Any, padded: int = 0) -> None:
        found = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
        self.array = found
        self.padded = padded

    @property
    def is_text(self) -> bool:
        """Whether the cells are text."""
        return bool(pa.types.is_string(self.array.type))

    @property
    def missing(self) -> int:
        """Number of missing cells."""
        return int(self.array.null_count)

    @cached_property
    def plain(self) -> Any:
        """Arrow mask of the texts that are numbers in plain notation, null if missing."""
        return is_plain(self.array)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.array)

    @overload
    def __getitem__(self, index: int) -> Any: ...

    @overload
    def __getitem__(self, index: slice) -> "ArrowCells": ...

    def __getitem__(self, index: int | slice) -> Any:
        """Return one cell, or a range of cells."""
        if isinstance(index, slice):
            return self.take(np.arange(len(self))[index])
        return self.array[range(len(self))[index]].as_py()

    def __iter__(self) -> Iterator[Any]:
        """Yield each cell."""
        for start in range(0, len(self), _BLOCK_ROWS):
            yield from self.array.slice(start, _BLOCK_ROWS).to_pylist()

    def __eq__(self, other: object) -> bool:
        """Return whether another sequence has equal cells."""
        if isinstance(other, str) or not isinstance(other, Sequence):
            return NotImplemented
        return [*self] == [*other]

    __hash__ = None  # type: ignore[assignment]  # as for any sequence compared by its items

    def take(self, chosen: NDArray[Any]) -> "ArrowCells":
        """Return the cells at indices, or where a mask is true."""
        places = np.flatnonzero(chosen) if chosen.dtype == np.bool_ else chosen
        return ArrowCells(self.array.take(pa.array(places)), self.padded)

    def longer_than(self, length: int) -> list[int]:
        """Return the places of longer texts."""
        if not (pc.max(pc.binary_length(self.array)).as_py() or 0) > length:
            return []
        long = pc.fill_null(pc.greater(pc.utf8_length(self.array), length), False)
        return np.flatnonzero(long.to_numpy(zero_copy_only=False)).tolist()

    def to_list(self) -> list[Any]:
        """Return the cells as a list."""
        return cast(list[Any], self.array.to_pylist())


def as_cells(array: Any) -> ArrowCells | None:
    """Return an Arrow column as cells if it is of text or numbers, else `None`.

    Texts are stripped, and a NaN is a missing number. Texts that are not valid Unicode are left to
    the caller, and so are repeated long texts, which would be many copies here.
    """
    kind = array.type
    if pa.types.is_dictionary(kind) and pa.types.is_string(kind.value_type):
        if _is_long(array):
            return None
        array, kind = array.cast(pa.string()), pa.string()
    if pa.types.is_string(kind):
        return stripped(array) if _is_valid(array) else None
    if pa.types.is_float32(kind) or pa.types.is_float64(kind):
        numbers = array.cast(pa.float64())
        return ArrowCells(pc.if_else(pc.is_nan(numbers), None, numbers))
    if pa.types.is_integer(kind) and not pa.types.is_uint64(kind):
        return ArrowCells(array.cast(pa.int64()))
    return None


def stripped(texts: Any) -> ArrowCells:
    """Return an Arrow array of strings without the blanks around them."""
    found = pc.utf8_trim_whitespace(texts)
    padded = pc.sum(pc.not_equal(pc.binary_length(found), pc.binary_length(texts))).as_py()
    return ArrowCells(found, padded or 0)


def of_values(values: Sequence[Any]) -> Sequence[Any]:
    """Return stripped texts or numbers in Arrow if they are of one kind, else as given.

    Values of which Arrow has no exact copy are left to the caller: texts that are not Unicode,
    large integers, and NaN.
    """
    kinds = {*map(type, values)} - {type(None)}
    kind = next((t for types, t in _ARROW_TYPES if kinds and kinds <= types), None)
    if kind is None:
        return values
    try:
        array = pa.array(values, kind)
    except (UnicodeEncodeError, OverflowError, pa.ArrowInvalid):
        return values
    if pa.types.is_floating(kind) and pc.any(pc.is_nan(array)).as_py():
        return values
    cells = as_cells(array)
    return values if cells is None else cells


def in_arrow(cells: Sequence[Any]) -> Sequence[Any]:
    """Return cells that are all text in Arrow; others, and texts that are not Unicode, as given."""
    if isinstance(cells, ArrowCells) or not set(map(type, cells)) <= {str, type(None)}:
        return cells
    try:
        return ArrowCells(pa.array(cells, pa.string()))
    except UnicodeEncodeError:
        return cells


def filled(cells: Sequence[Any], text: str) -> Sequence[Any]:
    """Return cells with a text in place of blank ones."""
    if isinstance(cells, ArrowCells) and cells.is_text:
        blank = pc.or_kleene(pc.is_null(cells.array), pc.equal(cells.array, ""))
        return ArrowCells(pc.if_else(blank, text, cells.array))
    return [text if cell is None or cell == "" else cell for cell in cells]


def joined(parts: Sequence[Sequence[Any]]) -> Sequence[Any]:
    """Return the cells of one column from its parts, in Arrow if all parts are and agree."""
    kinds = {part.array.type for part in parts if isinstance(part, ArrowCells)}
    kind = pa.float64() if kinds == _NUMBERS else next(iter(kinds), None)
    if kind is not None and (len(kinds) == 1 or kinds == _NUMBERS):
        try:
            arrays = [_as(part, kind) for part in parts]
        except pa.ArrowInvalid:
            arrays = [None]
        if None not in arrays:
            padded = sum(part.padded for part in parts if isinstance(part, ArrowCells))
            return ArrowCells(pa.chunked_array(arrays), padded)
    return tuple(cell for part in parts for cell in part)


def _as(part: Sequence[Any], kind: Any) -> Any:
    """Return a part as an Arrow array of a type; `None` if it has values of another."""
    if isinstance(part, ArrowCells):
        return part.array.cast(kind)
    return None if {*map(type, part)} - {type(None)} else pa.nulls(len(part), kind)


def taken(cells: Sequence[Any], places: NDArray[np.intp]) -> Sequence[Any]:
    """Return the cells at some places."""
    if isinstance(cells, ArrowCells):
        return cells.take(places)
    return [cells[place] for place in places.tolist()]


def mapped(cells: ArrowCells, chosen: Any, convert: Callable[[str], str | None]) -> ArrowCells:
    """Convert the texts where a mask is true, each distinct text once.

    Parameters
    ----------
    cells
        Texts.
    chosen
        Arrow mask, shape (n,); nulls count as false.
    convert
        Conversion of one text; `None` means missing.
    """
    mask = pc.fill_null(chosen, False)  # Arrow takes the value by position
    picked = pc.filter(cells.array, mask)
    if not len(picked):
        return cells
    texts = picked.dictionary_encode()
    known = pa.array([convert(text) for text in texts.dictionary.to_pylist()], pa.string())
    return ArrowCells(pc.replace_with_mask(cells.array, mask, known.take(texts.indices)))


def _is_long(array: Any) -> bool:
    lengths = pc.binary_length(array.dictionary).take(array.indices)
    return (pc.sum(lengths).as_py() or 0) > _LONG * len(array)


def _is_valid(array: Any) -> bool:
    try:
        array.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True
