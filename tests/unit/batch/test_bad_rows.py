"""Rows of any bytes: each is scored or set aside with its number and reason, and none is lost."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelfleet.batch import split as split_batch
from modelfleet.batch.rows import BatchRow, BatchRows
from modelfleet.batch.score import score_batch
from modelfleet.catalogue import find
from modelfleet.evaluation.scorer import Scores
from modelfleet.serving.load import ServedModel
from modelfleet.spec.errors import BatchError, ScoringError
from modelfleet.tables import limits as table_limits
from modelfleet.tables.files import records as text_records
from modelfleet.tables.table_format import FileKind
from tests.unit.batch.conftest import Bench

SPEC = find("bankchurn")
GOOD = SPEC.features.example()
NAMES = [*GOOD]
HEADER = ",".join(NAMES)
LINE = ",".join(map(str, GOOD.values()))
JSON_LINE = json.dumps(GOOD)
DEEP = "[" * 200_000

CSV_GARBAGE: dict[str, bytes] = {
    "too few fields": b"600,France",
    "too many fields": f"{LINE},1,2".encode(),
    "a stray quote at a field's beginning": LINE.replace("France", '"France').encode(),
    "text behind a closing quote": LINE.replace("France", '"Fra"nce').encode(),
    "a field over 128 KiB": LINE.replace("France", "F" * 200_000).encode(),
    "a quoted field over 128 KiB": LINE.replace("France", f'"{"F" * 200_000}"').encode(),
    "a row of 5 MB": LINE.replace("France", "F" * 5_000_000).encode(),
    "bytes that are not UTF-8": LINE.replace("France", "Fran").encode() + b"\xff\xfe\x80",
    "Latin-1": LINE.replace("France", "Españ").encode("latin-1"),
    "a surrogate": LINE.replace("France", "\ud800").encode("utf-8", "surrogatepass"),
    "NUL": LINE.replace("France", "Fr\0nce").encode(),
    "a long integer": LINE.replace("42", "9" * 5_000).encode(),
    "not a number": LINE.replace("42", "NaN.0").encode(),
    "infinity": LINE.replace("42", "Infinity").encode(),
    "the header again": HEADER.encode(),
    "another file": b"PK\x03\x04\x1f\x8b\0\0\0PAR1",
}
JSON_GARBAGE: dict[str, bytes] = {
    "200,000 brackets": DEEP.encode(),
    "200,000 objects": b'{"a":' * 200_000,
    "a nested value": json.dumps(GOOD | {"Age": [[42]]}).encode(),
    "a value that is an object": json.dumps(GOOD | {"Geography": {"a": "France"}}).encode(),
    "not an object": b'"France"',
    "a number": b"1",
    "null": b"null",
    "a long integer": json.dumps(GOOD).replace("42", "9" * 5_000).encode(),
    "a large integer": json.dumps(GOOD).replace("42", "9" * 4_000).encode(),
    "a large number": json.dumps(GOOD).replace("42", "1e999").encode(),
    "NaN": json.dumps(GOOD | {"Age": float("nan")}).encode(),
    "Infinity": json.dumps(GOOD | {"Age": float("-inf")}).encode(),
    "a field twice": (json.dumps(GOOD)[:-1] + ', "Age": 42}').encode(),
    "a lone surrogate": json.dumps(GOOD | {"Geography": "\ud800"}).encode(),
    "a name that is a lone surrogate": json.dumps(GOOD | {"\ud800": 1}).encode(),
    "unknown names": json.dumps(GOOD | {f"x{n}": n for n in range(5_000)}).encode(),
    "bytes that are not UTF-8": b'{"Age": "\xff"}',
    "UTF-16": json.dumps(GOOD).encode("utf-16"),
    "a text over 128 KiB": json.dumps(GOOD | {"Geography": "F" * 200_000}).encode(),
    "a row of 5 MB": json.dumps(GOOD | {"Geography": "F" * 5_000_000}).encode(),
    "NUL": b"\0",
    "two objects": f"{JSON_LINE} {JSON_LINE}".encode(),
    "half an object": JSON_LINE[:30].encode(),
}


def read(content: bytes, kind: FileKind) -> list[BatchRow]:
    """Every row of a file."""
    return list(BatchRows(SPEC, io.BytesIO(content), kind))


def require_alone(bench: Bench, kind: FileKind, content: bytes) -> None:
    """Three good rows around one bad one: it fails alone, with its number."""
    bench.put(content, kind)
    outcome = bench.run(bench.request(kind))
    assert (outcome.read, outcome.scored, outcome.failed) == (4, 3, 1)
    (error,) = bench.lines(outcome.errors)
    assert error["row"] == 2
    assert error["reasons"][0]
    assert len(json.dumps(error)) < 20_000


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CR LF", "CR"])
@pytest.mark.parametrize("garbage", CSV_GARBAGE)
def test_a_bad_row_of_a_csv_fails_alone(churn: Bench, garbage: str, end: str) -> None:
    """Whatever a line is made of, the rows around it are scored."""
    lines = [HEADER.encode(), LINE.encode(), CSV_GARBAGE[garbage], LINE.encode(), LINE.encode()]
    require_alone(churn, FileKind.CSV, end.encode().join(lines))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CR LF", "CR"])
@pytest.mark.parametrize("garbage", JSON_GARBAGE)
def test_a_bad_json_line_fails_alone(churn: Bench, garbage: str, end: str) -> None:
    """Whatever a line is made of, the rows around it are scored."""
    good = JSON_LINE.encode()
    content = end.encode().join([good, JSON_GARBAGE[garbage], good, good])
    require_alone(churn, FileKind.JSONL, content)


def test_two_stray_quotes_do_not_swallow_the_rows_between_them(churn: Bench) -> None:
    """They look like a field of several lines, but what it holds are rows of the model."""
    opened, closed = LINE.replace("France", '"France'), LINE.replace("France", 'France"')
    churn.put("\n".join([HEADER, LINE, opened, LINE, LINE, closed, LINE]))
    outcome = churn.run(churn.request())
    assert (outcome.read, outcome.scored, outcome.failed) == (6, 4, 2)
    assert [error["row"] for error in churn.lines(outcome.errors)] == [2, 5]


def test_a_stray_quote_in_a_long_file_is_given_up_at_a_bound(churn: Bench) -> None:
    """The file below it is not read to its end before the next row is."""
    lines = [HEADER, LINE.replace("France", '"France'), *[LINE] * 30_000]
    rows = read("\n".join(lines).encode(), FileKind.CSV)
    assert len("\n".join(lines)) > text_records.LONGEST_RECORD
    assert len(rows) == 30_001
    assert [row.number for row in rows if row.fault] == [1]


def test_line_breaks_in_quotes_are_part_of_their_field(churn: Bench) -> None:
    """Notes of several lines stay one row, wherever the input is cut into parts."""
    note = '"one, two\nthree\r\n""four"" and\n\nfive"'
    churn.put("\n".join([f"note,{HEADER}", *[f"{note},{LINE}"] * 11, f"{note},{LINE[:-3]}x"]))
    outcome = churn.run(churn.request())
    assert (outcome.read, outcome.scored, outcome.failed) == (12, 11, 1)
    assert len(churn.split(churn.request()).parts) == 3


def test_a_header_may_have_line_breaks(churn: Bench) -> None:
    """Quoted names of several lines are names, and the rows below them are rows."""
    churn.put(f'"free\nnote",{HEADER},"and\r\nanother"\nx,{LINE},y\n')
    plan = churn.split(churn.request())
    assert (plan.rows, plan.unused) == (1, ("free\nnote", "and\r\nanother"))
    assert churn.run(churn.request()).scored == 1


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1_000])
def test_lines_do_not_depend_on_the_pieces_that_are_read(
    monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """A piece may end within a character, a line end or a quoted field."""
    monkeypatch.setattr(text_records, "_CHUNK_BYTES", size)
    note = '"größe €\r\n""日本\n語"""'
    lines = [f"note,{HEADER}", f"{note},{LINE}", f"x,{LINE}", f"{note},{LINE}"]
    for end in ("\n", "\r\n", "\r"):
        rows = read(end.join(lines).encode(), FileKind.CSV)
        assert [row.fault for row in rows] == [None] * 3
    assert list(text_records.read_lines(io.BytesIO(b"a\r\nb\rc\n\nd"))) == [
        *(b"a\r\n", b"b\r", b"c\n", b"\n", b"d")
    ]


def test_only_line_feeds_and_returns_end_a_line(churn: Bench) -> None:
    """Other characters that some programs take for line ends are text."""
    churn.put("".join(f"{json.dumps(GOOD)[:-1]}}} {end}\n" for end in "\t\r "), FileKind.JSONL)
    strange = "a\u2028b\u2029c\x85d\x0be\x0cf\x1cg"
    texts = [json.dumps(GOOD | {"Geography": strange}, ensure_ascii=False), JSON_LINE]
    assert len(read("\n".join(texts).encode(), FileKind.JSONL)) == 2
    assert len(read(f"n,{HEADER}\n{strange},{LINE}\n".encode(), FileKind.CSV)) == 1
    assert churn.run(churn.request(FileKind.JSONL)).scored == 3


def test_marks_of_files_that_were_put_together_are_no_text(churn: Bench) -> None:
    """A byte order mark in the middle comes from a file that was appended."""
    churn.put(f"\ufeff{JSON_LINE}\n\ufeff{JSON_LINE}\n", FileKind.JSONL)
    assert churn.run(churn.request(FileKind.JSONL)).scored == 2
    assert [r.fault for r in read(f"{HEADER}\n\ufeff{LINE}".encode(), FileKind.CSV)] == [None]


@pytest.mark.parametrize("kind", [FileKind.CSV, FileKind.JSONL])
def test_a_file_in_utf_16_is_read(churn: Bench, kind: FileKind) -> None:
    """Spreadsheets write such text, and `data load` reads it."""
    text = f"{HEADER}\n{LINE}\n" if kind is FileKind.CSV else f"{JSON_LINE}\n"
    churn.put(text.encode("utf-16"), kind)
    assert churn.run(churn.request(kind)).scored == 1


def test_a_row_that_the_model_cannot_score_fails_alone(churn: Bench) -> None:
    """It is found among its neighbours, which are scored as if it were not there."""
    churn.put("\n".join([HEADER, *[LINE] * 6, LINE.replace("42", "77"), *[LINE] * 5]))
    request = churn.request()
    plan = split_batch.split_batch(SPEC, request, churn.lake, churn.artifacts, part_rows=100)
    age = next(n for n, column in enumerate(_served(churn).manifest.encoding.names))

    class Stumbling:
        def score(self, rows: Sequence[Sequence[float]]) -> Scores:
            if any(77 in row for row in rows):
                raise ScoringError("the model answered a score that is not a finite number")
            return _served(churn).scorer.score(rows)

    def load(_version: str) -> ServedModel:
        return ServedModel(_served(churn).manifest, Stumbling())

    outcome = score_batch(SPEC, request, plan.parts[0], churn.lake, load)
    assert (outcome.scored, outcome.failed) == (11, 1)
    assert churn.lines(churn.job.part_errors(0))[0]["row"] == 7
    assert age == 0


def _served(bench: Bench) -> ServedModel:
    return bench._load("1")


def test_a_part_of_long_rows_holds_fewer(monkeypatch: pytest.MonkeyPatch, churn: Bench) -> None:
    """A part's length is bounded as well as its number of rows."""
    monkeypatch.setattr(split_batch, "PART_BYTES", 1_000)
    churn.put("\n".join([HEADER, *[LINE] * 20]))
    plan = split_batch.split_batch(SPEC, churn.request(), churn.lake, churn.artifacts, 1_000)
    assert len(plan.parts) > 1
    assert churn.run(churn.request()).scored == 20


@pytest.mark.parametrize("kind", [FileKind.CSV, FileKind.JSONL])
def test_a_job_has_a_most_of_rows(
    monkeypatch: pytest.MonkeyPatch, churn: Bench, kind: FileKind
) -> None:
    """More rows than one job can be cut into are refused with what to do."""
    monkeypatch.setattr(table_limits, "MOST_BATCH_ROWS", 3)
    text = [HEADER, *[LINE] * 4] if kind is FileKind.CSV else [JSON_LINE] * 4
    churn.put("\n".join(text), kind)
    with pytest.raises(BatchError, match="more than 3 rows; divide it into files"):
        churn.split(churn.request(kind))


def _csv_of(garbage: bytes, before: int, after: int) -> bytes:
    good = LINE.encode()
    return b"\n".join([HEADER.encode(), *[good] * before, garbage, *[good] * after])


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    garbage=st.binary(max_size=200)
    | st.text(alphabet='",\n\r\0;\t|\u2028a1', max_size=60).map(str.encode)
    | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")),
    before=st.integers(0, 3),
    after=st.integers(0, 3),
)
def test_arbitrary_bytes_cost_no_good_row_of_a_csv(garbage: bytes, before: int, after: int) -> None:
    """Rows before and after anything at all are read as they are, and numbers leave no gap."""
    rows = read(_csv_of(garbage, before, after), FileKind.CSV)
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    expected = {name: str(value) for name, value in GOOD.items()}
    assert [row.values for row in rows[:before]] == [expected] * before
    assert [row.values for row in rows[len(rows) - after :]] == [expected] * after
    assert all((row.values is None) != (row.fault is None) for row in rows)


@settings(deadline=None)
@given(
    garbage=st.binary(max_size=200)
    | st.text(alphabet='{}[]":,\\u\n\r0e-', max_size=60).map(str.encode)
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(NAMES), inner),
    ).map(lambda value: json.dumps(value).encode()),
    before=st.integers(0, 3),
    after=st.integers(0, 3),
)
def test_arbitrary_bytes_cost_no_good_json_line(garbage: bytes, before: int, after: int) -> None:
    """Rows before and after anything at all are read as they are, and numbers leave no gap."""
    good = JSON_LINE.encode()
    # At the very beginning a mark tells the encoding of the file.
    content = b"\n".join([b" ", *[good] * before, garbage, *[good] * after])
    try:
        rows = read(content, FileKind.JSONL)
    except BatchError as refused:
        # An object of lists on the only line is a whole table, not a row.
        if before + after == 0 and (
            "list or object" in f"{refused}" or "in the field" in f"{refused}"
        ):
            return
        raise
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    assert [row.values for row in rows[:before]] == [GOOD] * before
    assert [row.values for row in rows[len(rows) - after :]] == [GOOD] * after
    assert all((row.values is None) != (row.fault is None) for row in rows)


@settings(deadline=None, max_examples=50)
@given(
    values=st.dictionaries(
        st.sampled_from(NAMES) | st.text(max_size=5),
        st.none()
        | st.booleans()
        | st.integers()
        | st.integers(min_value=10**300, max_value=10**310)
        | st.floats()
        | st.text(st.characters(), max_size=10)
        | st.lists(st.integers(), max_size=2),
        max_size=12,
    )
)
def test_any_json_object_is_scored_or_set_aside(values: dict[str, Any]) -> None:
    """No value of any kind, under any name, stops the steps of a job."""
    made = _bench()
    made.put(f"{JSON_LINE}\n{json.dumps(GOOD | values)}\n{JSON_LINE}\n", FileKind.JSONL)
    outcome = made.run(made.request(FileKind.JSONL))
    assert outcome.read == outcome.scored + outcome.failed == 3
    scored = {json.loads(line)["row"] for line in _lines(made, outcome.results)}
    assert {1, 3} <= scored


def _lines(bench: Bench, key: str) -> list[bytes]:
    return bench.lake.get(key).content.splitlines()


def _bench() -> Bench:
    from tests.unit.batch.conftest import bench  # noqa: PLC0415

    return bench("bankchurn")


def test_a_csv_that_python_writes_is_read_as_python_reads_it() -> None:
    """Quotes, doubled quotes and line breaks within fields mean what they mean elsewhere."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    notes = ['a "quoted" word', "two\nlines", 'comma, and\r\n"both"', "", "'", '""']
    writer.writerow(["note", *NAMES])
    writer.writerows([[note, *GOOD.values()] for note in notes])
    rows = read(text.getvalue().encode(), FileKind.CSV)
    assert [row.fault for row in rows] == [None] * len(notes)
