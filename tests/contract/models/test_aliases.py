"""A column's alias is its name in data, requests, answers, logs and records, everywhere."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sklearn.pipeline import Pipeline

from modelfleet.adapters.object_store import memory_store
from modelfleet.batch.rows import BatchRows
from modelfleet.datasets.load import load
from modelfleet.datasets.manifest import ROWS_FILE
from modelfleet.datasets.rows_file import read_frame
from modelfleet.datasets.store import DatasetStore
from modelfleet.spec.errors import SpecError
from modelfleet.spec.features import Features, number
from modelfleet.storage import keys
from modelfleet.tables.table_format import FileKind
from modelfleet.training.run_values import run_parameters
from tests.contract.models.aliased import ALIASED
from tests.serving import Service, manifest, serving

NAMES = ("Monthly Charges ($)", "class", "都市", "example", "plain")
EXAMPLE = {"Monthly Charges ($)": 12.5, "class": "a", "都市": "大阪", "example": 3, "plain": 3}


@pytest.fixture(scope="module")
def service() -> Service:
    """The model's API."""
    return serving(ALIASED)


def test_columns_and_example_go_by_the_alias() -> None:
    """Whoever asks the declaration hears the names that the data have."""
    assert ALIASED.feature_names == NAMES
    assert ALIASED.features.example() == EXAMPLE
    assert ALIASED.data_columns == (*NAMES, "left?")


def test_one_alias_is_one_column() -> None:
    """Two fields that would be the same column are an error of the spec."""

    class Twice(Features):
        first: int = number("First", minimum=0, maximum=1, example=1, alias="same")
        same: int = number("Second", minimum=0, maximum=1, example=1)

    with pytest.raises(SpecError, match="same alias"):
        Twice.columns()


@pytest.mark.parametrize("path", ["/predict", "/explain"])
def test_requests_go_by_the_alias(service: Service, path: str) -> None:
    """The alias is taken, the field's own name is not, and faults are told under the alias."""
    assert service.gateway.post(service.url(path), EXAMPLE).status == 200
    inner = {name: value for name, value in EXAMPLE.items() if name != "class"} | {"class_": "a"}
    refused = service.gateway.post(service.url(path), inner)
    assert refused.status == 422
    assert {error["field"] for error in refused.body["errors"]} == {"class", "class_"}


def test_batches_go_by_the_alias(service: Service) -> None:
    """Good rows beside bad ones are scored too, which takes another way through the code."""
    rows = [EXAMPLE, EXAMPLE | {"class": "c"}]
    reply = service.gateway.post(service.url("/predict/batch"), {"instances": rows})
    assert reply.status == 200
    assert reply.body["failed"] == 1
    assert [error["field"] for error in reply.body["predictions"][1]["errors"]] == ["class"]


def test_the_schema_documents_the_alias(service: Service) -> None:
    """OpenAPI's properties, its required ones and its example bear the names on the wire."""
    schema = service.app.openapi()
    declared = schema["components"]["schemas"]["AliasedFeatures"]
    assert tuple(declared["properties"]) == NAMES
    assert set(declared["required"]) == {*NAMES} - {"都市"}
    body = schema["paths"][service.url("/predict")]["post"]["requestBody"]["content"]
    assert body["application/json"]["example"] == EXAMPLE


def test_logs_and_explanations_go_by_the_alias(service: Service) -> None:
    """What is captured of a prediction and what adds to it bear the same names."""
    service.gateway.post(service.url("/predict"), EXAMPLE)
    assert tuple(service.telemetry.requests[-1].predictions[0].features) == NAMES
    explained = service.gateway.post(service.url("/explain"), EXAMPLE)
    assert {each["feature"] for each in explained.body["contributions"]} == {*NAMES}


def table(path: Path) -> Path:
    """A file with the model's columns, labels as the target spells them."""
    lines = [
        f"{n % 50},{'ab'[n % 2]},{'大阪' if n % 3 else ''},{n % 9},{n % 7}," for n in range(200)
    ]
    ends = ["gone" if n % 4 == 0 else "Stayed" for n in range(200)]
    header = "Monthly Charges ($),class,都市,example,plain,left?\n"
    path.write_text(header + "".join(f"{a}{b}\n" for a, b in zip(lines, ends, strict=True)))
    return path


def test_data_go_by_the_alias(tmp_path: Path) -> None:
    """Rows are stored, checked and reported under the alias, labels as 0 and 1."""
    lake = memory_store()
    stored = load(
        ALIASED, table(tmp_path / "rows.csv"), lake, "ada", datetime(2026, 1, 2, tzinfo=UTC)
    )
    assert stored.quarantined == 0
    frame = read_frame(lake.get(f"{keys.dataset('aliased', stored.version)}/{ROWS_FILE}").content)
    assert set(NAMES) <= set(frame.columns)
    assert frame["left?"].mean() == 0.25
    report = DatasetStore(ALIASED, lake).report(stored.version)
    assert report is not None
    assert {column.name for column in report.columns} == {*NAMES, "left?"}


def test_a_label_that_is_not_declared_is_set_aside(tmp_path: Path) -> None:
    """The reason says which labels there are."""
    lake = memory_store()
    path = table(tmp_path / "rows.csv")
    path.write_text(path.read_text() + "1,a,大阪,3,3,1\n")
    stored = load(ALIASED, path, lake, "ada", datetime(2026, 1, 2, tzinfo=UTC))
    assert stored.quarantined == 1
    aside = b"".join(lake.get(key).content for key in lake.keys(keys.QUARANTINE))
    assert b"left?: it must be stayed or gone" in aside


def batch_files() -> Iterator[tuple[FileKind, bytes]]:
    """One row in two formats."""
    yield FileKind.JSONL, json.dumps(EXAMPLE).encode()
    cells = ",".join(str(value) for value in EXAMPLE.values())
    yield FileKind.CSV, f"{','.join(NAMES)}\n{cells}\n".encode()


@pytest.mark.parametrize(("kind", "content"), list(batch_files()))
def test_bulk_scoring_goes_by_the_alias(kind: FileKind, content: bytes) -> None:
    """A row of a table of any format is read under the alias, and nothing is unused."""
    rows = BatchRows(ALIASED, io.BytesIO(content), kind)
    (row,) = list(rows)
    assert row.values is not None
    assert tuple(row.values) == NAMES
    assert rows.unused == ()


def test_runs_record_names_that_a_registry_takes() -> None:
    """What stands in a parameter's name beside letters and digits is replaced."""
    found = run_parameters(ALIASED, manifest(ALIASED, "1", b""), Pipeline([]), 1)
    assert "spec.slices.columns.Monthly Charges ___-5f554af7" in found
