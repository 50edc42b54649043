"""Ranks the rows of an uploaded table by their predictions."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modelfleet.console.views.trying.ask import AskedFunction, scored
from modelfleet.console.views.trying.form import Row, faults_of, value_of
from modelfleet.spec.errors import TableError
from modelfleet.spec.model import ModelSpec
from modelfleet.tables.spreadsheet import write_rows

MAXIMUM_ROWS = 1_000
_DELIMITERS = ",;\t|"
_RANK, _SCORE, _FAULT = "rank", "score", "error"


@dataclass(frozen=True)
class RankedRow:
    """A row of the file, its rank from 1, and its score; or why it has none."""

    line: int
    cells: Mapping[str, str]
    score: float | None = None
    rank: int | None = None
    fault: str = ""


@dataclass(frozen=True)
class Ranking:
    """All rows of a file, best first, and then those without a score."""

    version: str
    header: Sequence[str]
    rows: Sequence[RankedRow]

    @property
    def refused(self) -> int:
        """Number of rows without a score."""
        return sum(row.rank is None for row in self.rows)


def rank(spec: ModelSpec, function: AskedFunction, version: str, content: bytes) -> Ranking:
    """Rank the rows of a CSV file by the model's score.

    Parameters
    ----------
    spec
        The model.
    function
        Its predict function.
    version
        The version that scores.
    content
        The file: UTF-8, with a header, at most 1,000 rows. Columns that the model does not read
        are kept.

    Raises
    ------
    TableError
        If the file cannot be read.
    CallError
        If the model does not answer.
    """
    header, found = _read(spec, content)
    columns = spec.features.columns()
    rows, valid = [], list[tuple[RankedRow, Row]]()
    for line, cells in found:
        row = {c.name: value_of(c, cells.get(c.name, "").strip()) for c in columns}
        faults = faults_of(spec, row)
        if faults:
            told = "; ".join(f"{name}: {fault}" for name, fault in faults.items())
            rows.append(RankedRow(line, cells, fault=told))
        else:
            valid.append((RankedRow(line, cells), row))
    answered = version
    best = list[tuple[float, RankedRow]]()
    if valid:
        answered, answers = scored(function, version, [row for _, row in valid])
        for (found_row, _), answer in zip(valid, answers, strict=True):
            if answer.score is None:
                fault = answer.error or "no score"
                rows.append(RankedRow(found_row.line, found_row.cells, fault=fault))
            else:
                best.append((answer.score, found_row))
    best.sort(key=lambda each: (-each[0], each[1].line))
    ranked = [
        RankedRow(each.line, each.cells, score, number)
        for number, (score, each) in enumerate(best, 1)
    ]
    return Ranking(answered, header, [*ranked, *sorted(rows, key=lambda row: row.line)])


def as_csv(ranking: Ranking) -> str:
    """Return the ranking as CSV: rank and score, then the file's own columns."""
    file = io.StringIO()
    own = [name for name in ranking.header if name not in (_RANK, _SCORE, _FAULT)]
    write_rows(
        file,
        [_RANK, _SCORE, *own, _FAULT],
        (
            {name: row.cells.get(name, "") for name in own}
            | {_RANK: row.rank, _SCORE: row.score, _FAULT: row.fault}
            for row in ranking.rows
        ),
    )
    return file.getvalue()


def _read(spec: ModelSpec, content: bytes) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TableError("The file is not UTF-8. Save it as CSV UTF-8.") from error
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        rows = [(reader.line_num, cells) for cells in reader if any(cells)]
    except csv.Error as error:
        raise TableError(f"Line {reader.line_num}: {error}.") from error
    absent = [c.name for c in spec.features.columns() if c.name not in header and not c.nullable]
    if absent:
        raise TableError(f"The file has no column {', '.join(absent)}.")
    if len(set(header)) < len(header):
        raise TableError("Two columns have the same name.")
    if not rows:
        raise TableError("The file has no rows below the header.")
    if len(rows) > MAXIMUM_ROWS:
        raise TableError(
            f"The file has {len(rows):,} rows; at most {MAXIMUM_ROWS:,} are ranked here. "
            f"For more, run: fleet batch {spec.name}"
        )
    for line, cells in rows:
        if len(cells) != len(header):
            raise TableError(f"Line {line} has {len(cells)} fields, the header {len(header)}.")
    return header, [(line, dict(zip(header, cells, strict=True))) for line, cells in rows]
