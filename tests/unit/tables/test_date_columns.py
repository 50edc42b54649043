"""A date of a model in files of every format, to train on and to score."""

import datetime
import json
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pydantic import ValidationError

from modelfleet.batch.rows import BatchRows
from modelfleet.catalogue import find
from modelfleet.datasets.rows_file import read_arrays, to_dataset
from modelfleet.spec.errors import DatasetError
from modelfleet.spec.features import Features, date, number, row_of
from modelfleet.spec.time_column import TimeColumn
from modelfleet.tables.columns.formats import ColumnReader, RawColumn, find_formats
from modelfleet.tables.model_columns import Table, read_table
from modelfleet.tables.table_format import (
    ColumnFormat,
    Content,
    DateOrder,
    FileKind,
    ReadOptions,
    TableFormat,
)
from modelfleet.tables.validate import validate
from modelfleet.tables.validate_columns import validate_columns
from tests import workbooks


class Rental(Features):
    """A day, a local time, and an instant, which is also the time of the row."""

    day: datetime.date | None = date("Day", example="2025-12-25", nullable=True)
    start: datetime.datetime = date("Start", example="2025-12-25T10:30:00")
    sent: datetime.datetime = date("Sent", example="2025-12-25T09:30:00+00:00", aware=True)
    fee: float = number("Fee", minimum=0, maximum=9, example=1)


SPEC = find("bankchurn").model_copy(
    update={
        "features": Rental,
        "identifiers": (),
        "slices": None,
        "time": TimeColumn(column="sent", format="%Y-%m-%dT%H:%M:%S"),
    }
)
READ: list[dict[str, str | None]] = [
    {"day": "2025-12-25", "start": "2025-12-25T10:30:00", "sent": "2025-12-25T09:30:00+00:00"},
    {"day": None, "start": "2025-01-02T00:00:00", "sent": "2025-01-01T23:00:00+00:00"},
]
ISO: dict[str, list[Any]] = {
    "day": ["2025-12-25", None],
    "start": ["2025-12-25T10:30:00", "2025-01-02"],
    "sent": ["2025-12-25T10:30:00+01:00", "2025-01-02T00:00:00+01:00"],
    "fee": [1, 1],
    "Exited": [0, 1],
}
GERMAN = ISO | {"day": ["25.12.2025", ""], "start": ["25.12.2025 10:30", "02.01.2025 00:00"]}
US = ISO | {"day": ["12/25/2025", "NA"], "start": ["12/25/25 10:30 AM", "1/2/25 12:00 AM"]}


def delimited(columns: Mapping[str, list[Any]], mark: str) -> bytes:
    """Delimited text."""
    return pd.DataFrame(columns).to_csv(index=False, sep=mark).encode()


def parquet() -> bytes:
    """What pandas writes of its own types."""
    content = BytesIO()
    frame = pd.DataFrame(ISO)
    typed = {
        "day": pd.to_datetime(frame["day"]),
        "start": pd.to_datetime(frame["start"], format="ISO8601"),
        "sent": pd.to_datetime(frame["sent"]),
    }
    frame.assign(**typed).to_parquet(content)
    return content.getvalue()


def excel() -> bytes:
    """Cells that are dates in Excel, and text where Excel has no type."""
    rows = [
        (workbooks.Day(46016), workbooks.Day(46016 + 10.5 / 24), ISO["sent"][0], 1, 0),
        (None, workbooks.Day(45659), ISO["sent"][1], 1, 1),
    ]
    return workbooks.sheet([tuple(ISO), *rows])


def lines() -> bytes:
    """JSON lines; a date that is missing is left out."""
    rows = [dict(zip(ISO, row, strict=True)) for row in zip(*ISO.values(), strict=True)]
    known = [{name: value for name, value in row.items() if value is not None} for row in rows]
    return "\n".join(map(json.dumps, known)).encode()


FILES = {
    "iso.csv": delimited(ISO, ","),
    "german.csv": delimited(GERMAN, ";"),
    "us.tsv": delimited(US, "\t"),
    "pandas.parquet": parquet(),
    "excel.xlsx": excel(),
    "rows.jsonl": lines(),
}
KINDS = {
    ".csv": FileKind.CSV,
    ".tsv": FileKind.CSV,
    ".parquet": FileKind.PARQUET,
    ".xlsx": FileKind.XLSX,
    ".jsonl": FileKind.JSONL,
}


def rows_of(table: Table) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows of a table, with their lines."""
    for line, row in zip(table.lines, zip(*table.columns.values(), strict=True), strict=True):
        yield line, dict(zip(table.columns, row, strict=True))


@pytest.mark.parametrize("name", FILES)
def test_every_file_has_the_same_dates(tmp_path: Path, name: str) -> None:
    """To load, stored as they will be read again, and to score."""
    path = tmp_path / name
    path.write_bytes(FILES[name])
    found = validate(SPEC, rows_of(read_table(SPEC, path)))
    assert found.rejected == ()
    dates = [{n: row[n] for n in READ[0]} for row in found.accepted]
    assert dates == READ
    stored = read_arrays(to_dataset(found.accepted), SPEC.data_columns)
    lists = {name: array.to_pylist() for name, array in stored.items()}
    again = validate_columns(SPEC, range(len(READ)), lists, None)
    assert again.accepted == found.accepted
    scored = [row.values or {} for row in BatchRows(SPEC, BytesIO(FILES[name]), KINDS[path.suffix])]
    valid = [row_of(Rental.model_validate(values)) for values in scored]
    assert [{n: row[n] for n in READ[0]} for row in valid] == READ


# Days of a month as programs and people write them, with the day of a row that they mean.
WRITTEN = {
    "1. März 2024": "2024-03-01",
    "01. Mrz. 2024": "2024-03-01",
    "1er mars 2024": "2024-03-01",
    "1 févr. 2024": "2024-02-01",
    "1 de marzo de 2024": "2024-03-01",
    "1 ottobre 2024": "2024-10-01",
    "1º de dezembro de 2024": "2024-12-01",
    "Friday, March 1st, 2024": "2024-03-01",
    "vendredi 1 mars 2024": "2024-03-01",
    "1. mai 2024": "2024-05-01",
    "2024년 3월 1일": "2024-03-01",
    "2024-03": "2024-03-01",
    "03/2024": "2024-03-01",
    "03.2024": "2024-03-01",
    "202403": "2024-03-01",
    "März 2024": "2024-03-01",
    "Mar-24": "2024-03-01",
    "01.03.2024, 14:05 Uhr": "2024-03-01T14:05:00",
    "3/1/2024 2:05 p.m.": "2024-03-01T14:05:00",
    "20240301140500": "2024-03-01T14:05:00",
    "20240301T140500": "2024-03-01T14:05:00",
    "14:05": "1900-01-01T14:05:00",
    "2:05:00 PM": "1900-01-01T14:05:00",
    "14h05": "1900-01-01T14:05:00",
}


@pytest.mark.parametrize(("text", "read"), WRITTEN.items())
def test_dates_are_read_as_people_write_them(text: str, read: str) -> None:
    """In several languages, as months, and as times of day."""
    options = ReadOptions(dates=DateOrder.MONTH_FIRST)
    (found,) = find_formats([RawColumn("when", [text])], TableFormat(), options)
    assert found.content is Content.DATE
    assert ColumnReader(found).read(text) == read


@pytest.mark.parametrize(
    "text", ["may contain nuts", "3:2", "1/2", "mar mar 2024", "A 1 May 2024", "12.345", "2413"]
)
def test_words_and_numbers_are_no_dates(text: str) -> None:
    """Even if a month is among them."""
    (found,) = find_formats([RawColumn("when", [text])], TableFormat())
    assert found.content is not Content.DATE


class Visit(Features):
    """A month, a time of day, and a day, which may be missing."""

    month: datetime.date = date("Month", example="2024-03", format="%m/%Y")
    hour: datetime.datetime = date(
        "Hour", example="14:05:00", parts=("hour",), format="%H:%M", nullable=False
    )
    day: datetime.date | None = date("Day", example="2024-03-01", nullable=True)


@pytest.mark.parametrize(
    ("values", "read"),
    [
        ({"month": "2024-03"}, {"month": "2024-03-01"}),
        ({"month": "2024-03-01"}, {"month": "2024-03-01"}),
        ({"hour": "14:05"}, {"hour": "1900-01-01T14:05:00"}),
        ({"hour": "1900-01-01T14:05:00"}, {"hour": "1900-01-01T14:05:00"}),
        ({"hour": datetime.time(14, 5)}, {"hour": "1900-01-01T14:05:00"}),
        ({"day": " NA "}, {"day": None}),
        ({"day": "0000-00-00"}, {"day": None}),
        ({"day": "2024-03-01 UTC"}, {"day": "2024-03-01"}),
    ],
)
def test_requests_have_the_rules_of_files(values: dict[str, Any], read: dict[str, Any]) -> None:
    """For months, times of day, words for a missing value, and the name of a time zone."""
    row = row_of(Visit.model_validate(Visit.example() | values))
    assert {name: row[name] for name in read} == read


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"hour": "2024-03-01T14:05:00"}, "Input should be an ISO 8601 time of day: 10:30:00"),
        ({"hour": "NA"}, "Input should be an ISO 8601 time of day: 10:30:00"),
        ({"month": "March"}, "Input should be an ISO 8601 month: 2025-12"),
        ({"day": "2024-03"}, "Input should be an ISO 8601 date: 2025-12-25"),
    ],
)
def test_what_is_no_such_date_is_refused_with_an_example(values: dict[str, Any], told: str) -> None:
    """A value that may not be missing has no word for that."""
    with pytest.raises(ValidationError, match=told):
        Visit.model_validate(Visit.example() | values)


def test_an_ambiguous_file_is_refused_unless_training_settled_it(tmp_path: Path) -> None:
    """Both readings are named, and the option; a batch job reads as the training data."""
    cells = ISO | {"day": ["01/02/2025", "03/04/2025"]}
    path = tmp_path / "table.csv"
    path.write_bytes(delimited(cells, ","))
    with pytest.raises(DatasetError, match=r"day: 01/02/2025 is either .*day-first.*month-first"):
        read_table(SPEC, path)
    table = read_table(SPEC, path, ReadOptions(dates=DateOrder.DAY_FIRST))
    assert table.columns["day"] == ["2025-02-01", "2025-04-03"]
    known = ColumnFormat(name="day", content=Content.DATE, dates="%m/%d/%Y")
    stored = TableFormat(columns=(known,))
    rows = BatchRows(SPEC, BytesIO(delimited(cells, ",")), FileKind.CSV, stored)
    assert [row.values and row.values["day"] for row in rows] == ["2025-01-02", "2025-03-04"]


def test_a_file_with_the_other_kind_of_time_is_rejected_row_by_row(tmp_path: Path) -> None:
    """The reason says what is missing, and never the value."""
    path = tmp_path / "table.csv"
    path.write_bytes(delimited(ISO | {"sent": ISO["start"], "start": ISO["sent"]}, ","))
    table = read_table(SPEC, path)
    (first, _) = validate(SPEC, rows_of(table)).rejected
    assert any("start: Input should not have a time zone" in reason for reason in first.reasons)
    assert any("sent: Input should have a time zone" in reason for reason in first.reasons)
