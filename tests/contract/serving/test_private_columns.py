"""No log line of any model shows a value of a sensitive column or of personal data."""

import io
import json
import random
from collections.abc import Mapping
from typing import Any

import pytest

from modelfleet.adapters.prediction_log import PowertoolsTelemetry
from modelfleet.captures.delivery import deliver
from modelfleet.captures.record import CapturedPrediction
from modelfleet.catalogue import catalogue, find
from modelfleet.sampling.samplers import sampler
from modelfleet.settings import NAMESPACE
from modelfleet.spec.features import Column, ColumnKind
from modelfleet.spec.model import ModelSpec
from tests.captures import RecordedCaptures
from tests.fleet.graded.spec import SPEC as GRADED
from tests.sealing import opener, sealer
from tests.serving import serving

REQUESTS = 1_000
BATCH = 50
SPECS = {**catalogue(), GRADED.name: GRADED}
SHIPPED_SENSITIVE = {
    "bankchurn": {"Gender", "Age"},
    "leads": {"age", "job", "marital", "education"},
    "telecom": set(),
    "carvision": set(),
}
# What differs between two requests with the same row.
RANDOM = ("timestamp", "prediction_id", "request_id", "latency_ms", "sealed", "_aws", "output")


def private(spec: ModelSpec) -> list[Column]:
    """The columns whose values no log may show."""
    return [each for each in spec.features.columns() if each.sensitive or each.personal_data]


def changed(spec: ModelSpec, row: Mapping[str, Any], draw: random.Random) -> dict[str, Any]:
    """A row with other values in the private columns, and the same ones elsewhere."""
    return dict(row) | {each.name: _other(each, row.get(each.name), draw) for each in private(spec)}


def _other(column: Column, value: Any, draw: random.Random) -> Any:
    if column.categories:
        return draw.choice([each for each in column.categories if each != value])
    if column.kind is ColumnKind.CATEGORY:
        return f"{value or 'x'} junior"
    low, high = int(column.minimum or 0), int(column.maximum or 100)
    return draw.choice([each for each in range(low, min(high, low + 80) + 1) if each != value])


def rows_of(spec: ModelSpec, number: int) -> list[dict[str, Any]]:
    """Generated rows, without the columns that are no features."""
    names = {each.name for each in spec.features.columns()}
    return [
        {name: value for name, value in row.items() if name in names and value is not None}
        for row in sampler(spec).draw(number, seed=5)
    ]


class Logged:
    """A predict function whose log can be read."""

    def __init__(self, spec: ModelSpec) -> None:
        self._service = serving(spec)
        self.written = io.StringIO()
        telemetry = PowertoolsTelemetry(spec.name, NAMESPACE, stream=self.written, sealer=sealer())
        self._service.predictor._telemetry = telemetry
        self._service.refusals._telemetry = telemetry

    def send(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Request predictions, one by one and in batches; returns the lines."""
        before = self.written.tell()
        for start in range(0, len(rows), BATCH):
            part = rows[start : start + BATCH]
            first = self._service.gateway.post(self._service.url("/predict"), part[0])
            body = {"instances": part[1:]}
            rest = self._service.gateway.post(self._service.url("/predict/batch"), body)
            assert (first.status, rest.status) == (200, 200)
            assert not [each for each in rest.body["predictions"] if "error" in each]
        return [json.loads(line) for line in self.written.getvalue()[before:].splitlines()]

    def refuse(self, row: dict[str, Any]) -> str:
        """Send a row that is refused; returns the lines."""
        before = self.written.tell()
        refused = self._service.gateway.post(self._service.url("/predict"), row)
        assert refused.status == 422
        return self.written.getvalue()[before:]


@pytest.mark.parametrize("name", sorted(SPECS))
def test_the_log_does_not_depend_on_private_values(name: str) -> None:
    """Other values of these columns change nothing but the output and what is encrypted."""
    spec = SPECS[name]
    rows, draw = rows_of(spec, REQUESTS), random.Random(3)  # noqa: S311  # rows to vary, no secret
    logged = Logged(spec)
    lines = [_told(each) for each in logged.send(rows) if "prediction_id" in each]
    others = logged.send([changed(spec, row, draw) for row in rows])
    assert len(lines) == REQUESTS
    assert [_told(each) for each in others if "prediction_id" in each] == lines


@pytest.mark.parametrize("name", sorted(SPECS))
def test_no_line_shows_a_text_of_a_private_column(name: str) -> None:
    """Its features lack the columns, and no key or text of the line is one of their values."""
    spec = SPECS[name]
    rows, columns = rows_of(spec, REQUESTS), private(spec)
    lines = Logged(spec).send(rows)
    texts = {row[c.name] for row in rows for c in columns if isinstance(row.get(c.name), str)}
    shown = {text for line in lines for text in _texts(line)}
    open_values = {
        value
        for row in rows
        for each, value in row.items()
        if each not in {c.name for c in columns}
    }
    assert shown & (texts - open_values) == set()
    for line in lines:
        assert not line.get("features", {}).keys() & {each.name for each in columns}


@pytest.mark.parametrize("name", sorted(SPECS))
def test_the_lake_keeps_sensitive_values_and_no_personal_data(name: str) -> None:
    """The captures function delivers every row as it was sent, but for personal data."""
    spec = SPECS[name]
    rows, logged, captures = rows_of(spec, REQUESTS), Logged(spec), RecordedCaptures()
    logged.send(rows)
    deliver(logged.written.getvalue().splitlines(), captures, None, opener())
    found = [each for each in captures.captures if isinstance(each, CapturedPrediction)]
    personal = {each.name for each in spec.features.columns() if each.personal_data}
    assert len(found) == REQUESTS
    for row, capture in zip(rows, found, strict=True):
        sent = {name: value for name, value in row.items() if name not in personal}
        kept = {name: value for name, value in capture.features.items() if value is not None}
        assert kept == sent


@pytest.mark.parametrize("name", sorted(SHIPPED_SENSITIVE))
def test_shipped_models_declare_what_is_sensitive(name: str) -> None:
    """Characteristics of a person are; what a car or a contract is like is not."""
    found = {each.name for each in find(name).features.columns() if each.sensitive}
    assert found == SHIPPED_SENSITIVE[name]


def test_a_refused_value_of_a_sensitive_column_is_not_logged() -> None:
    """Not even the value that made the row invalid."""
    row = SPECS["bankchurn"].features.example() | {"Gender": "Nonbinary"}
    assert "Nonbinary" not in Logged(SPECS["bankchurn"]).refuse(row)
    shown = SPECS["bankchurn"].features.example() | {"Geography": "Italy"}
    assert "Italy" in Logged(SPECS["bankchurn"]).refuse(shown)


def _told(line: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name not in RANDOM}


def _texts(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {*value, *(text for each in value.values() for text in _texts(each))}
    if isinstance(value, list):
        return {text for each in value for text in _texts(each)}
    return {value} if isinstance(value, str) else set()
