"""Carried columns stand next to each result and error, as they are in the file."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from modelfleet.batch.job import RESULTS, carried_names
from modelfleet.batch.results import CarriedType, CarriedTypes, prediction_fields
from modelfleet.catalogue import find, names
from modelfleet.spec.errors import BatchError
from modelfleet.tables.table_format import FileKind
from tests import hostile
from tests.unit.batch.conftest import PART_ROWS, Bench, bench
from tests.unit.batch.test_batch import read, rows, table

# Others are refused before anything is uploaded.
_TAKEN = {"row", *prediction_fields(find("bankchurn")), "reasons"}
_POSSIBLE = [
    name
    for name in hostile.NAMES
    if name.strip() and len(name) <= 300 and name.casefold() not in _TAKEN
]
NAMES = [*_POSSIBLE, "=1+1", "a,b", 'a"b', "ids;", "'x"]


def run(made: Bench, kind: FileKind, output: FileKind, *carry: str) -> tuple[list[Any], list[Any]]:
    """Score the input, and return its results and its errors."""
    request = made.request(kind, output).model_copy(update={"carry": carry})
    outcome = made.run(request)
    return read(made.lake.get(outcome.results).content, output), made.lines(outcome.errors)


def lines(header: Sequence[str], *cells: Sequence[str]) -> bytes:
    """A CSV of quoted cells."""
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([header, *cells])
    return text.getvalue().encode()


@pytest.mark.parametrize("output", RESULTS)
@pytest.mark.parametrize("kind", FileKind)
def test_identifiers_pass_through_every_format(
    churn: Bench, kind: FileKind, output: FileKind
) -> None:
    """Over parts, in the order given, with their leading zeros; of rows that fail as well."""
    given = [
        {"CustomerId": f"00{n}", "Surname": f"Löwe {n}"} | row
        for n, row in enumerate(rows(churn.spec, 2 * PART_ROWS + 1), start=1)
    ]
    given[5] |= {"Geography": "Atlantis"}
    churn.put(table(given, kind), kind)
    results, errors = run(churn, kind, output, "surname", "CustomerId")
    assert len(results) == len(given) - 1
    assert list(results[0])[:3] == ["row", "Surname", "CustomerId"]
    assert list(errors[0]) == ["row", "Surname", "CustomerId", "reasons"]
    for record in (*results, *errors):
        number = int(record["row"])
        assert (record["CustomerId"], record["Surname"]) == (f"00{number}", f"Löwe {number}")
    assert [error["row"] for error in errors] == [6]


def test_a_feature_is_carried_as_it_is_in_the_file(churn: Bench) -> None:
    """Not as it was read, and it is still scored."""
    (row,) = rows(churn.spec, 1)
    text = {name: str(value) for name, value in row.items()} | {"Balance": "1.250,50"}
    churn.put(lines([*text], [*text.values()]))
    (result,), _ = run(churn, FileKind.CSV, FileKind.JSONL, "Balance")
    assert result["Balance"] == "1.250,50"
    assert 0.0 <= result["probability"] <= 1.0


@pytest.mark.parametrize("model", names())
def test_names_of_the_results_are_refused(model: str) -> None:
    """Of every task and in any case; nothing is scored."""
    spec = find(model)
    (row,) = rows(spec, 1)
    for taken in ("row", *prediction_fields(spec), "reasons"):
        name, made = taken.upper(), bench(model)
        made.put(table([row | {name: 1}], FileKind.CSV))
        with pytest.raises(BatchError, match=f"column {name} cannot be carried.*rename it"):
            made.split(made.request().model_copy(update={"carry": (name,)}))


@pytest.mark.parametrize("name", NAMES, ids=ascii)
@pytest.mark.parametrize("output", RESULTS)
def test_columns_may_be_called_anything(churn: Bench, name: str, output: FileKind) -> None:
    """Each value is under the name that the file has for it."""
    (row,) = rows(churn.spec, 1)
    churn.put(table([row | {name: "A-1"}], FileKind.JSONL), FileKind.JSONL)
    (result,), _ = run(churn, FileKind.JSONL, output, name)
    assert result[list(result)[1]] == "A-1"
    if output is not FileKind.CSV:
        assert list(result)[1] == name.strip()


@pytest.mark.parametrize("kind", FileKind)
def test_a_column_that_is_absent_is_named(churn: Bench, kind: FileKind) -> None:
    """With the nearest one."""
    churn.put(table([row | {"CustomerId": 1} for row in rows(churn.spec, 1)], kind), kind)
    with pytest.raises(BatchError, match=r"column CustmerId is missing; did you mean CustomerId\?"):
        run(churn, kind, FileKind.CSV, "CustmerId")


def test_a_column_that_is_there_twice_is_refused(churn: Bench) -> None:
    """Which of them is meant is not known."""
    (row,) = rows(churn.spec, 1)
    churn.put(lines([*row, "id", "id"], [*map(str, row.values()), "1", "2"]))
    with pytest.raises(BatchError, match="column id is there more than once"):
        run(churn, FileKind.CSV, FileKind.CSV, "id")


def test_a_column_asked_for_twice_is_carried_once(churn: Bench) -> None:
    """However it is spelled."""
    churn.put(table([row | {"Id": 7} for row in rows(churn.spec, 1)], FileKind.CSV))
    (result,), _ = run(churn, FileKind.CSV, FileKind.JSONL, "Id", "id", "Id")
    assert list(result)[:3] == ["row", "Id", "label"]


def test_types_of_the_file_are_kept(churn: Bench) -> None:
    """In Parquet and JSON Lines, a number stays a number, and a large one is exact."""
    more = {"n": 2**60 + 1, "x": 1.5, "yes": True, "text": "007", "none": None}
    churn.put(
        table([row | more for row in rows(churn.spec, 2)], FileKind.PARQUET), FileKind.PARQUET
    )
    for output in (FileKind.PARQUET, FileKind.JSONL):
        (result, _), _ = run(churn, FileKind.PARQUET, output, *more)
        assert {name: result[name] for name in more} == more


def test_rows_without_cells_have_no_identifier(churn: Bench) -> None:
    """A line that cannot be read, or has other fields than the header, is known by its number."""
    good = json.dumps(rows(churn.spec, 1)[0] | {"id": 1})
    churn.put(f"{good}\n{{\n{good}", FileKind.JSONL)
    results, (error,) = run(churn, FileKind.JSONL, FileKind.CSV, "id")
    assert [result["id"] for result in results] == ["1", "1"]
    assert (error["row"], error["id"]) == (2, None)


def test_values_that_json_does_not_have_are_none(churn: Bench) -> None:
    """Results and errors are valid JSON whatever is in the file."""
    row = json.dumps(rows(churn.spec, 1)[0])[:-1]
    values = ("1e999", '"\\ud800"', "[1]", '"a"')
    churn.put("\n".join(f'{row}, "id": {value}}}' for value in values), FileKind.JSONL)
    results, errors = run(churn, FileKind.JSONL, FileKind.JSONL, "id")
    found = {each["row"]: each["id"] for each in (*results, *errors)}
    assert found == {1: None, 2: "?", 3: None, 4: "a"}
    assert all("id: " in error["reasons"][0] for error in errors)


def test_a_resumed_job_carries_what_it_was_started_with(churn: Bench) -> None:
    """Even if its first attempt ended before the input was divided."""
    request = churn.request().model_copy(update={"carry": ("id",)})
    with pytest.raises(BatchError, match="no input"):
        churn.split(request)
    churn.put(table([row | {"id": 7} for row in rows(churn.spec, 1)], FileKind.CSV))
    assert [column.name for column in churn.split(churn.request()).carried] == ["id"]


def test_what_is_not_carried_is_ignored_with_a_note(churn: Bench) -> None:
    """The plan says which known columns, and which unknown ones, were not used."""
    more = {"RowNumber": 1, "CustomerId": 2, "Surname": "x", "Exited": 1, "Mood": "x", "Hue": "x"}
    churn.put(table([row | more for row in rows(churn.spec, 1)], FileKind.CSV))
    plan = churn.split(churn.request().model_copy(update={"carry": ("CustomerId", "Hue")}))
    assert plan.ignored == ("RowNumber", "Surname", "Exited")
    assert plan.unused == ("Mood",)
    assert plan.sizes == (1,)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, None, -(2**62)], CarriedType.INTEGER),
        ([1, 2.5], CarriedType.NUMBER),
        ([2**53 + 1, 2.5], CarriedType.TEXT),
        ([2**64], CarriedType.TEXT),
        ([True, None], CarriedType.BOOLEAN),
        ([True, 1], CarriedType.TEXT),
        (["1", 1], CarriedType.TEXT),
        ([None], CarriedType.TEXT),
        ([], CarriedType.TEXT),
    ],
)
def test_the_type_of_a_column_keeps_every_value(values: list[Any], expected: CarriedType) -> None:
    """A type is chosen only if no value changes by it."""
    types = CarriedTypes()
    for value in values:
        types.see(value)
    assert types.common() is expected


def test_mixed_values_are_text_in_parquet(churn: Bench) -> None:
    """Otherwise the column could not be written."""
    good = rows(churn.spec, 3)
    given = [row | {"id": value} for row, value in zip(good, ("a", 1, 2**70), strict=True)]
    churn.put(table(given, FileKind.JSONL), FileKind.JSONL)
    results, _ = run(churn, FileKind.JSONL, FileKind.PARQUET, "id")
    assert [result["id"] for result in results] == ["a", "1", str(2**70)]


@pytest.mark.parametrize(
    ("given", "named"),
    [(["x"] * 101, "101 columns"), ([" "], "no name"), (["x" * 301], "longer than 300")],
)
def test_names_that_no_request_may_contain(given: list[str], named: str) -> None:
    """They are refused before anything is uploaded."""
    with pytest.raises(BatchError, match=named):
        carried_names(given)


def test_old_parts_are_still_scored(churn: Bench) -> None:
    """A job that was divided by an earlier release is resumed."""
    churn.put(table(rows(churn.spec, 2), FileKind.CSV))
    plan = churn.split(churn.request())
    old = plan.model_dump(mode="json", exclude={"carried", "ignored", "sizes"})
    churn.lake.put(churn.job.plan, json.dumps(old).encode())
    outcome = churn.run(churn.request())
    assert outcome.scored == 2


def test_a_parquet_file_of_results_has_the_types(churn: Bench) -> None:
    """A reader of Parquet need not guess them."""
    churn.put(
        table([row | {"id": 7} for row in rows(churn.spec, 1)], FileKind.JSONL), FileKind.JSONL
    )
    request = churn.request(FileKind.JSONL, FileKind.PARQUET).model_copy(update={"carry": ("id",)})
    content = churn.lake.get(churn.run(request).results).content
    assert pq.read_schema(io.BytesIO(content)).field("id").type == pa.int64()
