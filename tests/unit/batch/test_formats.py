"""Whatever file a model's data were loaded from, a table to score is read in the same way."""

import datetime
import gzip
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from modelfleet.batch.rows import BatchRows
from modelfleet.spec.errors import BatchError
from modelfleet.spec.features import Features, category, date, open_category, row_of
from modelfleet.spec.model import ModelSpec
from modelfleet.spec.words import MISSING
from modelfleet.tables.model_columns import read_table
from modelfleet.tables.table_format import AS_FOUND, ReadOptions, TableFormat, kind_of
from modelfleet.tables.validate import Row, validate, validate_features
from tests import workbooks

HEADER = ("age", "income", "colour", "town", "bought")
ROWS = [
    (30, 1250.5, "red", "Málaga", 1),
    (41, None, "BLUE", "Köln", 0),
    (52, 0.25, "blue ", "Nîmes", 1),
    (63, 5.25, " Red", None, 0),
]
Write = Callable[[Sequence[Sequence[Any]]], bytes]


def text(
    encoding: str = "utf-8",
    delimiter: str = ",",
    decimal: str = ".",
    above: str = "",
    end: str = "",
) -> Write:
    """Writes delimited text."""

    def cell(value: Any) -> str:
        if isinstance(value, float):
            return f"{value:.2f}".replace(".", decimal)
        return "NA" if value is None else str(value)

    def write(rows: Sequence[Sequence[Any]]) -> bytes:
        lines = [delimiter.join(map(cell, row)) + end for row in rows]
        return (above + "\n".join(lines)).encode(encoding)

    return write


def objects(rows: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    """Rows as objects."""
    header, *below = rows
    return [dict(zip(header, row, strict=True)) for row in below]


def parquet(rows: Sequence[Sequence[Any]]) -> bytes:
    """Writes Parquet."""
    content = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(objects(rows)), content)
    return content.getvalue()


FILES: dict[str, tuple[str, Write]] = {
    "commas": ("t.csv", text()),
    "tabs": ("t.tsv", text(delimiter="\t")),
    "bars": ("t.txt", text(delimiter="|")),
    "German": ("t.csv", text("cp1252", ";", ",")),
    "with a mark": ("t.csv", text("utf-8-sig", ";", ",")),
    "UTF-16": ("t.csv", text("utf-16", "\t", ",")),
    "sep=": ("t.csv", text(delimiter=";", decimal=",", above="sep=;\n")),
    "a title": ("t.csv", text(above="Customers 2026\n\n")),
    "trailing delimiters": ("t.csv", text(end=",")),
    "JSON Lines": ("t.jsonl", lambda rows: "\n".join(map(json.dumps, objects(rows))).encode()),
    "JSON": ("t.json", lambda rows: json.dumps(objects(rows)).encode()),
    "Parquet": ("t.parquet", parquet),
    "Excel": ("t.xlsx", workbooks.sheet),
}


def loaded(spec: ModelSpec, path: Path) -> tuple[list[Row], TableFormat]:
    """The rows that `data load` accepts, and how it read them."""
    table = read_table(spec, path)
    values = zip(*table.columns.values(), strict=True)
    named = (dict(zip(table.columns, row, strict=True)) for row in values)
    found = validate(spec, zip(table.lines, named, strict=True))
    assert not found.rejected
    return [*found.accepted], table.format


def scored(
    spec: ModelSpec,
    content: bytes,
    name: str,
    stored: TableFormat | None,
    options: ReadOptions = AS_FOUND,
) -> list[Row | None]:
    """The rows that a batch job scores, `None` for those that it refuses."""
    kind = kind_of(name)
    assert kind is not None
    rows = BatchRows(spec, io.BytesIO(content), kind, stored, options)
    checked = (validate_features(spec.features, row.values or {}) for row in rows)
    return [None if reasons else row for row, reasons in checked]


# Every encoding with every way of writing numbers, in both layouts of delimited text.
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp1252", "iso-8859-1")
NUMBERS = {"point": ".", "comma": ","}
TEXTS = {
    f"{suffix}, {encoding}, {number}": (f"t.{suffix}", text(encoding, delimiter, mark))
    for suffix, delimiter in (("csv", ";"), ("tsv", "\t"))
    for encoding in ENCODINGS
    for number, mark in NUMBERS.items()
}


@pytest.mark.parametrize("packed", [False, True], ids=["", "gz"])
@pytest.mark.parametrize("kind", FILES | TEXTS)
def test_what_can_be_loaded_can_be_scored(
    binary: ModelSpec, tmp_path: Path, kind: str, packed: bool
) -> None:
    """Without its target, in the same encoding and format, to the same values."""
    name, write = (FILES | TEXTS)[kind]
    name = f"{name}.gz" if packed else name
    pack = gzip.compress if packed else bytes
    path = tmp_path / name
    path.write_bytes(pack(write([HEADER, *ROWS])))
    rows, stored = loaded(binary, path)
    assert [row["income"] for row in rows] == [1250.5, None, 0.25, 5.25]
    assert [row["colour"] for row in rows] == ["red", "blue", "blue", "red"]
    assert [row["town"] for row in rows] == ["Málaga", "Köln", "Nîmes", None]
    content = pack(write([row[:-1] for row in (HEADER, *ROWS)]))
    features = [{name: row[name] for name in binary.feature_names} for row in rows]
    assert scored(binary, content, name, stored) == features
    # An older bundle does not say how its data were read.
    assert scored(binary, content, name, None) == features


def test_the_stored_format_decides_over_the_file(binary: ModelSpec, tmp_path: Path) -> None:
    """A table that looks otherwise by itself is read as the training data were."""
    path = tmp_path / "t.csv"
    path.write_bytes(text(delimiter=";", decimal=",")([HEADER, *ROWS]))
    _, stored = loaded(binary, path)
    content = b'age,income,colour,town\n30,"1,250",red,Pisa\n'
    for how, income in ((stored, 1.25), (None, 1250.0)):
        (row,) = scored(binary, content, "t.csv", how)
        assert row is not None
        assert row["income"] == income


def test_an_open_reading_is_refused_with_both(binary: ModelSpec) -> None:
    """The job says what the options are, and takes one."""
    content = b"age\tincome\tcolour\ttown\n30\t1,250\tred\tPisa\n"
    with pytest.raises(BatchError, match=r"1250 \(--decimal \.\) or 1\.250 \(--decimal ,\)"):
        scored(binary, content, "t.csv", None)
    (row,) = scored(binary, content, "t.csv", None, ReadOptions(decimal=","))
    assert row is not None
    assert row["income"] == 1.25


def test_names_match_regardless_of_case(binary: ModelSpec) -> None:
    """As they do for `data load`; the nearest name is suggested for one that is absent."""
    content = b" AGE ,Income,COLOUR,town\n30,1,red,Pisa\n"
    assert scored(binary, content, "t.csv", None)[0] is not None
    with pytest.raises(BatchError, match=r"column income is missing; did you mean incom\?"):
        scored(binary, content.replace(b"Income", b"incom"), "t.csv", None)


CATEGORIES = st.sampled_from(
    [
        "Pisa",
        " Rome ",
        "x" * 64,
        "x" * 65,
        "",
        " ",
        "-",
        "?",
        "NA",
        " n/a ",
        "Null",
        "unknown",
        "#REF!",
    ]
)
# Typed values, texts, and words for a missing value.
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "age": st.none() | st.booleans() | st.integers(0, 200) | st.floats(0, 200, width=16),
        "income": st.none() | st.integers(-5, 2_000_000) | st.floats(-5, 2e6),
        "colour": st.sampled_from(["red", "RED", " blue", "green", "rde"])
        | CATEGORIES
        | st.integers(0, 3),
        "town": st.none() | st.booleans() | st.integers() | CATEGORIES,
        "agee": st.integers(0, 3),
    },
)


class Categories(Features):
    """A column of each policy, and of each kind of list."""

    letter: Literal["a", "A", "NA", "b c", "1"] = category("Letter", example="b c")
    plan: Literal["basic", "plus"] | None = category(
        "Plan", example="plus", unseen="score", nullable=True, missing_words=("unknown", "7")
    )
    shop: Literal["north", "south"] = category("Shop", example="north", unseen="score")
    town: str = open_category("Town", example="Pisa", value_words=("na",))


SPELLINGS = ["a", "A", "na", "NA", "B  C", "b c", "Basic", " PLUS ", "NORTH", "1", "1.0"]
WORDS = st.sampled_from(SPELLINGS)
CATEGORY = WORDS | CATEGORIES | st.text(max_size=3) | st.none() | st.booleans() | st.integers(0, 9)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.dictionaries(st.sampled_from(["letter", "plan", "shop", "town"]), CATEGORY))
def test_a_category_of_a_file_is_read_as_one_of_a_request(
    binary: ModelSpec, values: dict[str, Any]
) -> None:
    """Whatever its spelling and the column's policy: the same verdict, and the same value."""
    spec = binary.model_copy(update={"features": Categories})
    good = Categories.example()
    content = "\n".join(map(json.dumps, [good, good | values, good])).encode()
    found = scored(spec, content, "t.jsonl", None)
    try:
        request = Categories.model_validate_json(json.dumps(good | values))
    except ValidationError:
        assert found[1] is None
    else:
        assert found[1] == dict(row_of(request))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=VALUES)
def test_a_row_of_a_file_is_judged_as_a_request_is(
    binary: ModelSpec, values: dict[str, Any]
) -> None:
    """Each rule of the schema accepts and refuses the same rows, and gives the same values."""
    good = binary.features.example()
    content = "\n".join(map(json.dumps, [good, good, good | values, good])).encode()
    found = scored(binary, content, "t.jsonl", None)
    assert None not in (found[0], found[1], found[3])
    try:
        request = binary.features.model_validate_json(json.dumps(good | values))
    except ValidationError:
        assert found[2] is None
    else:
        assert found[2] == dict(row_of(request))


class Dates(Features):
    """A date, a local time, and a time with an offset."""

    day: datetime.date = date(
        "Day", example="2026-03-01", earliest="2020-01-01", latest="2030-12-31"
    )
    at: datetime.datetime | None = date("At", example="2026-03-01T10:00:00", nullable=True)
    sent: datetime.datetime = date("Sent", example="2026-03-01T10:00:00+01:00", aware=True)


DATES = st.sampled_from(
    [
        *("2026-02-28", "2026-02-30", "2019-12-31", "2030-12-31", " 2026-02-28 ", "20260228"),
        *("2026-02-28T10:30", "2026-02-28 10:30:15", "2026-02-28T10:30:15.25", "2026-02-28T25:00"),
        *("2026-02-28T10:30:00Z", "2026-02-28T10:30:00+05:30", "2026-02-28T10:30:00-0800"),
        *("", " ", "NA", "soon", "28.02.2026", 20260228, 1_772_000_000, 46_081.5, True, None),
    ]
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.dictionaries(st.sampled_from(["day", "at", "sent"]), DATES))
def test_a_date_of_a_file_is_read_as_one_of_a_request(
    binary: ModelSpec, values: dict[str, Any]
) -> None:
    """The same verdict, and the same value; a word for a missing value is a gap of the file."""
    spec = binary.model_copy(update={"features": Dates})
    asked = {
        name: None if str(value).strip().casefold() in MISSING else value
        for name, value in values.items()
    }
    good = Dates.example()
    rows = [good, good | values, good]
    found = scored(spec, "\n".join(map(json.dumps, rows)).encode(), "t.jsonl", None)
    try:
        request = Dates.model_validate_json(json.dumps(good | asked))
    except ValidationError:
        assert found[1] is None
    else:
        assert found[1] == dict(row_of(request))
