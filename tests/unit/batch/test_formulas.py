"""Results for a spreadsheet hold no formula; results for programs hold every text as it is."""

import csv
import io
import json

import pyarrow.parquet as pq
import pytest

from modelfleet.batch.job import BatchPlan, PartOutcome
from modelfleet.batch.merge import merge_batch
from modelfleet.batch.results import probability_column
from modelfleet.batch.rows import BatchRows
from modelfleet.catalogue import find
from modelfleet.tables.spreadsheet import plain, write_rows
from modelfleet.tables.table_format import FileKind
from tests.fleet.graded.spec import SPEC
from tests.unit.batch.conftest import Bench

LABELS = ('=HYPERLINK("http://127.0.0.1:9","open")', "@SUM(1)", "\uff1dcmd", "- none", "plain")
SCORES = (-0.25, 1e-05, 0.5, 0.75, 1.0)


@pytest.fixture
def scored() -> Bench:
    """A job whose labels are formulas; its parts are scored."""
    made = Bench(SPEC)
    classes = {probability_column(name): 0.25 for name in SPEC.classes}
    rows = [
        {"row": number, "label": label, "probability": score, **classes}
        for number, (label, score) in enumerate(zip(LABELS, SCORES, strict=True), 1)
    ]
    job = made.job
    lines = "".join(f"{json.dumps(row)}\n" for row in rows)
    made.lake.put(job.part_results(0), lines.encode())
    made.lake.put(job.part_errors(0), b"")
    done = PartOutcome(part=0, scored=len(rows), failed=0)
    made.lake.put(job.finished(0), done.model_dump_json().encode())
    plan = BatchPlan(version="1", rows=len(rows), parts=(0,), unused=())
    made.lake.put(job.plan, plan.model_dump_json().encode())
    return made


def merged(scored: Bench, kind: FileKind) -> bytes:
    """The results in this format."""
    outcome = merge_batch(scored.spec, scored.request(kind), scored.lake)
    return scored.lake.get(outcome.results).content


def test_csv_marks_formulas_as_text(scored: Bench) -> None:
    """Each label that begins as a formula is text to a spreadsheet, and each number a number."""
    text = merged(scored, FileKind.CSV).decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["label"] for row in rows] == [*(f"'{label}" for label in LABELS[:4]), "plain"]
    assert [plain(row["label"]) for row in rows] == list(LABELS)
    assert [float(row["probability"]) for row in rows] == list(SCORES)


def test_programs_get_every_text_as_it_is(scored: Bench) -> None:
    """JSON Lines and Parquet have no formulas, and so no marks."""
    lines = merged(scored, FileKind.JSONL).splitlines()
    assert [json.loads(line)["label"] for line in lines] == list(LABELS)
    table = pq.read_table(io.BytesIO(merged(scored, FileKind.PARQUET)))
    assert table.column("label").to_pylist() == list(LABELS)


def test_marked_text_of_the_input_is_read_as_it_was() -> None:
    """A table that the fleet wrote is scored with the categories that it was written with."""
    made = Bench(find("carvision"))
    example = made.spec.features.example()
    names = [name for name, value in example.items() if isinstance(value, str)]
    rows = [example | dict.fromkeys(names, label) for label in LABELS]
    file = io.StringIO(newline="")
    write_rows(file, list(example), rows)
    read = BatchRows(made.spec, io.BytesIO(file.getvalue().encode()), FileKind.CSV)
    values = [row.values for row in read]
    assert [value and value[names[0]] for value in values] == list(LABELS)
