"""A bulk scoring job: exact counts, the answers of the API, and a resume that repeats nothing."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.batch.job import RESULTS
from modelfleet.batch.merge import merge_batch
from modelfleet.catalogue import find, names
from modelfleet.serving.answers import outcomes
from modelfleet.serving.load import load
from modelfleet.spec.errors import BatchError, ConflictError, ObjectNotFoundError
from modelfleet.spec.model import ModelSpec
from modelfleet.tables.table_format import FileKind
from tests import workbooks
from tests.serving import put_bundle, put_pointer
from tests.unit.batch.conftest import Bench, bench

Row = Mapping[str, Any]


def rows(spec: ModelSpec, count: int) -> list[dict[str, Any]]:
    """Rows that fit the model; they differ in their first number."""
    first = next(column for column in spec.features.columns() if column.minimum is not None)
    low = first.minimum or 0.0
    return [spec.features.example() | {first.name: int(low) + n} for n in range(count)]


def table(records: Sequence[Row], kind: FileKind) -> bytes:
    """Rows as a file of each format."""
    if kind is FileKind.PARQUET:
        content = io.BytesIO()
        pq.write_table(pa.Table.from_pylist([dict(r) for r in records]), content)
        return content.getvalue()
    if kind is FileKind.JSONL:
        return "".join(f"{json.dumps(record)}\n" for record in records).encode()
    if kind is FileKind.JSON:
        return json.dumps(records).encode()
    if kind is FileKind.XLSX:
        return workbooks.sheet([list(records[0]), *(list(record.values()) for record in records)])
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(records[0]))
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue().encode()


def read(content: bytes, kind: FileKind) -> list[dict[str, Any]]:
    """A file of results, of each format."""
    if kind is FileKind.PARQUET:
        found: list[dict[str, Any]] = pq.read_table(io.BytesIO(content)).to_pylist()
        return found
    if kind is FileKind.JSONL:
        return [json.loads(line) for line in content.splitlines()]
    return list(csv.DictReader(io.StringIO(content.decode())))


def flat(told: dict[str, Any]) -> dict[str, Any]:
    """An answer as columns."""
    each = told.pop("probabilities", {})
    return told | {f"probability_{name}": value for name, value in each.items()}


@pytest.mark.parametrize("model", names())
@pytest.mark.parametrize("kind", FileKind)
def test_every_row_is_answered_as_the_model_answers_it(model: str, kind: FileKind) -> None:
    """In every format and for every model, results are what the bundle says of each row."""
    made = bench(model)
    given = rows(made.spec, 10)
    made.put(table(given, kind), kind)
    written = kind if kind in RESULTS else FileKind.CSV
    outcome = made.run(made.request(kind, written))
    assert (outcome.read, outcome.scored, outcome.failed, outcome.version) == (10, 10, 0, "1")
    served = load(made.artifacts, made.spec, "1", OnnxScorer)
    scores = served.scorer.score(served.manifest.encoding.encode(given))
    expected = [flat(each._asdict()) for each in outcomes(served.manifest, scores)]
    results = read(made.lake.get(outcome.results).content, written)
    assert [int(result["row"]) for result in results] == list(range(1, 11))
    for result, wanted in zip(results, expected, strict=True):
        assert {name: type(wanted[name])(result[name]) for name in wanted} == wanted


@pytest.mark.parametrize("output", RESULTS)
def test_results_may_have_another_format(churn: Bench, output: FileKind) -> None:
    """What is read and what is written need not agree."""
    churn.put(table(rows(churn.spec, 5), FileKind.CSV))
    outcome = churn.run(churn.request(FileKind.CSV, output))
    assert len(read(churn.lake.get(outcome.results).content, output)) == 5


def test_bad_rows_are_errors_with_their_number_and_reasons(churn: Bench) -> None:
    """Counts are exact, every bad row says why, and none of its values are kept with the reason."""
    good = rows(churn.spec, 9)
    bad = [good[0] | {"Age": "ancient"}, good[0] | {"Geography": "Atlantis", "Age": 7}]
    churn.put(table([good[0], bad[0], *good[1:8], bad[1], good[8]], FileKind.CSV))
    outcome = churn.run(churn.request())
    assert (outcome.read, outcome.scored, outcome.failed) == (11, 9, 2)
    errors = churn.lines(outcome.errors)
    assert [error["row"] for error in errors] == [2, 10]
    assert errors[0]["reasons"][0].startswith("Age: ")
    assert {reason.split(":")[0] for reason in errors[1]["reasons"]} == {"Age", "Geography"}
    assert b"ancient" not in churn.lake.get(outcome.errors).content


def test_a_record_of_another_length_is_an_error(churn: Bench) -> None:
    """A row with too few fields does not shift its neighbours."""
    text = table(rows(churn.spec, 3), FileKind.CSV).decode().splitlines()
    text[2] = "600,France"
    churn.put("\n".join(text))
    outcome = churn.run(churn.request())
    assert (outcome.scored, outcome.failed) == (2, 1)
    assert "2 fields" in churn.lines(outcome.errors)[0]["reasons"][0]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not valid JSON"),
        ("[1]", "not a JSON object"),
        ('{"Age": 40, "Agee": 1}', "Agee"),
        ('{"Age": NaN}', "Age"),
    ],
)
def test_a_line_that_is_no_row_is_an_error(churn: Bench, line: str, reason: str) -> None:
    """Each JSON line stands for itself: one that is wrong fails alone."""
    good = table(rows(churn.spec, 1), FileKind.JSONL).decode()
    churn.put(f"{good}\n{line}\n{good}", FileKind.JSONL)
    outcome = churn.run(churn.request(FileKind.JSONL))
    assert (outcome.read, outcome.scored, outcome.failed) == (3, 2, 1)
    (error,) = churn.lines(outcome.errors)
    assert error["row"] == 2
    assert any(reason in each for each in error["reasons"])


def test_a_parquet_value_of_another_type_is_an_error(churn: Bench) -> None:
    """A date where a number belongs fails its row and not the job."""
    content = io.BytesIO()
    strange = churn.spec.features.example() | {"Age": date(2026, 1, 1)}
    pq.write_table(pa.Table.from_pylist([strange]), content)
    churn.put(content.getvalue(), FileKind.PARQUET)
    assert churn.run(churn.request(FileKind.PARQUET)).failed == 1


def test_identifiers_leave_no_trace_in_the_parts(churn: Bench) -> None:
    """What the model sets aside is not copied; what it does not know is reported."""
    given = [row | {"Surname": "Lovelace", "Exited": 1, "Mood": "x"} for row in rows(churn.spec, 2)]
    churn.put(table(given, FileKind.CSV))
    plan = churn.split(churn.request())
    assert plan.unused == ("Mood",)
    assert b"Lovelace" not in churn.lake.get(churn.job.part(0)).content


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters_and_quotes_are_understood(churn: Bench, delimiter: str) -> None:
    """Spreadsheets divide by semicolons or tabs, quote the names, and begin with a mark."""
    (row,) = rows(churn.spec, 1)
    header = delimiter.join(f'"{name}"' for name in row)
    churn.put("\ufeff" + header + "\r\n" + delimiter.join(map(str, row.values())) + "\r\n")
    assert churn.run(churn.request()).scored == 1


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"", "the file is empty"),
        (b"CreditScore,Age\n600,40\n", "Geography"),
        (b"CreditScore,CreditScore\n", "there more than once"),
        (b"\xff\xfe\x00", "missing"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(churn: Bench, content: bytes, named: str) -> None:
    """What is wrong with the whole table is an error of the job."""
    churn.put(content)
    with pytest.raises(BatchError, match=named):
        churn.split(churn.request())


def test_a_table_without_rows_is_refused(churn: Bench) -> None:
    """A header alone is no job."""
    churn.put(",".join(churn.spec.features.model_fields) + "\n")
    with pytest.raises(BatchError, match="no rows"):
        churn.split(churn.request())


def test_a_file_that_is_no_parquet_is_refused(churn: Bench) -> None:
    """The suffix does not make it so."""
    churn.put(b"not parquet", FileKind.PARQUET)
    with pytest.raises(BatchError, match="not a readable Parquet file"):
        churn.split(churn.request(FileKind.PARQUET))


def test_without_an_input_or_a_release_there_is_no_job(churn: Bench) -> None:
    """Both are named."""
    with pytest.raises(BatchError, match="no input"):
        churn.split(churn.request())
    unreleased = Bench(find("telecom"))
    with pytest.raises(BatchError, match="no released version of telecom"):
        unreleased.split(unreleased.request())


def test_the_version_at_the_start_scores_all_of_it(churn: Bench) -> None:
    """A release in the middle of a job, or between two tries, changes nothing of it."""
    churn.put(table(rows(churn.spec, 9), FileKind.CSV))
    request = churn.request()
    churn.split(request)
    churn.score(request, 0)
    put_bundle(churn.artifacts, churn.spec, "2", bias=1.0)
    put_pointer(churn.artifacts, churn.spec.name, "2")
    assert churn.run(request).version == "1"
    assert set(churn.loaded) == {"1"}


def test_a_job_that_failed_while_it_was_cut_keeps_its_version(churn: Bench) -> None:
    """The version is pinned before the first part is written."""
    churn.put(b"not parquet", FileKind.PARQUET)
    with pytest.raises(BatchError):
        churn.split(churn.request(FileKind.PARQUET))
    put_pointer(churn.artifacts, churn.spec.name, "2")
    churn.put(table(rows(churn.spec, 1), FileKind.PARQUET), FileKind.PARQUET)
    assert churn.split(churn.request(FileKind.PARQUET)).version == "1"


def test_a_scored_part_is_not_scored_again(churn: Bench) -> None:
    """A resume scores what is missing and leaves the rest as it is."""
    churn.put(table(rows(churn.spec, 10), FileKind.CSV))
    request = churn.request()
    lost = churn.job.part(1)
    churn.split(request)
    part = churn.lake.get(lost).content
    churn.score(request, 0)
    before = churn.lake.get(churn.job.part_results(0)).content
    churn.lake.put(lost, b"{")
    with pytest.raises(ValueError, match="Expecting"):
        churn.score(request, 1)
    with pytest.raises(BatchError, match="2 of 3 parts are not scored yet; resume"):
        merge_batch(churn.spec, request, churn.lake)
    churn.lake.put(lost, part)
    assert churn.run(request).scored == 10
    assert len(churn.loaded) == 3
    assert churn.lake.get(churn.job.part_results(0)).content == before


def test_steps_out_of_their_turn_are_refused(churn: Bench) -> None:
    """Neither scoring nor merging works on what was never cut."""
    with pytest.raises(BatchError, match="has not been split"):
        churn.score(churn.request(), 0)
    with pytest.raises(BatchError, match="has not been split"):
        merge_batch(churn.spec, churn.request(), churn.lake)


def test_counts_that_do_not_agree_are_an_error(churn: Bench) -> None:
    """Rows that vanish between two steps are never silently missing from the results."""
    churn.put(table(rows(churn.spec, 3), FileKind.CSV))
    request = churn.request()
    churn.split(request)
    content = churn.lake.get(churn.job.part(0)).content
    churn.lake.put(churn.job.part(0), content.split(b"\n", 1)[1])
    churn.score(request, 0)
    with pytest.raises(BatchError, match="3 rows were read, but only 2"):
        merge_batch(churn.spec, request, churn.lake)


def test_only_one_part_is_in_memory(churn: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The input is read piece by piece: nobody asks for all of it."""
    churn.put(table(rows(churn.spec, 10), FileKind.CSV))
    whole = churn.job.input(FileKind.CSV)
    get = churn.lake.get

    def refuse(key: str) -> Any:
        assert key != whole
        return get(key)

    monkeypatch.setattr(churn.lake, "get", refuse)
    assert churn.run(churn.request()).read == 10


def test_a_file_that_fails_half_way_is_never_there(churn: Bench) -> None:
    """What is written piece by piece appears whole or not at all."""

    def fail() -> None:
        with churn.lake.writing("half") as file:
            file.write(b"half")
            raise ConflictError

    with pytest.raises(ConflictError):
        fail()
    with pytest.raises(ObjectNotFoundError):
        churn.lake.get("half")
    with pytest.raises(ObjectNotFoundError):
        churn.lake.open("half")
