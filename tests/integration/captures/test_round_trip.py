"""What a caller sends, all the way: request, log line, captures function, lake, readers."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from modelfleet.adapters.object_store import memory_store
from modelfleet.adapters.prediction_log import PowertoolsTelemetry
from modelfleet.captures.lake import read_captures
from modelfleet.captures.refused_values import read_refused_values
from modelfleet.captures.window import Window
from modelfleet.captures.window_reader import read_window
from modelfleet.catalogue import find
from modelfleet.settings import NAMESPACE
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.drift.bins import Categories
from modelfleet.storage import keys
from tests.captures import SEPARATORS, delivered
from tests.drifting import SPEC
from tests.sealing import sealer
from tests.serving import serving

Handle = Callable[[dict[str, Any]], dict[str, Any]]


class Predicting:
    """A predict function whose log can be read."""

    def __init__(self, spec: ModelSpec = SPEC) -> None:
        self._spec = spec
        self._service = serving(spec)
        self._log = io.StringIO()
        telemetry = PowertoolsTelemetry(spec.name, NAMESPACE, stream=self._log, sealer=sealer())
        self._service.predictor._telemetry = telemetry
        self._service.refusals._telemetry = telemetry

    def predict(self, city: str) -> int:
        """Ask for a prediction of a town; gives the answer's status."""
        return self.send({"city": city})

    def send(self, change: dict[str, Any]) -> int:
        """Ask for a prediction of a changed example; gives the answer's status."""
        row = self._spec.features.example() | change
        # Unescaped, as most clients write it: only what JSON itself does not allow is escaped.
        body = json.dumps(row, ensure_ascii=False)
        return self._service.gateway.send("POST", self._service.url("/predict"), body).status

    @property
    def lines(self) -> list[str]:
        """The log by the reader who sees most line ends, which is Python's."""
        return self._log.getvalue().splitlines()


def test_no_character_makes_a_prediction_vanish(handle: Handle, lake: Any) -> None:
    """Every answered prediction is in the lake once, with what was sent, for both readers."""
    predicting, since = Predicting(), datetime.now(UTC)
    # Blanks around a category are cut off, so each character stands inside.
    sent = [f"a{text}b" for text in (*SEPARATORS, "é", "\U0001f600", "\u200e", "\ufeff")]
    assert {predicting.predict(city) for city in sent} == {200}
    assert handle(delivered(*predicting.lines)) | {"measurements": 0} == {
        "predictions": len(sent),
        "repeated": 0,
        "measurements": 0,
        "unreadable": 0,
        "refusals": 0,
    }
    window = Window(start=since - timedelta(minutes=1), end=since + timedelta(hours=1))
    there = memory_store()
    for number, stored in enumerate(lake.objects.all()):
        content = stored.get()["Body"].read()
        assert content.isascii()
        folder = keys.captures(SPEC.name, since.date().isoformat())
        there.put(f"{folder}/{number}.jsonl", content)
    read = read_captures(there, SPEC.name, window.start, window.end)
    assert sorted(capture.features["city"] for capture in read) == sorted(sent)
    cities = read_window(there, SPEC, window).features["city"]
    assert isinstance(cities, Categories)
    assert sorted(np.array(cities.names)[cities.codes]) == sorted(sent)


def test_a_refused_category_is_in_the_lake(handle: Handle, lake: Any) -> None:
    """Under the folder that its record names, with what was sent."""
    predicting, since = Predicting(find("bankchurn")), datetime.now(UTC)
    assert predicting.send({"Geography": "Ítaly"}) == 422
    assert predicting.send({"Geography": "Spain"}) == 200
    counts = handle(delivered(*predicting.lines))
    assert (counts["predictions"], counts["refusals"]) == (1, 1)
    there = memory_store()
    day = since.date().isoformat()
    for number, stored in enumerate(lake.objects.all()):
        for line in stored.get()["Body"].read().splitlines(keepends=True):
            folder = keys.captures(json.loads(line)["model"], day)
            there.put(f"{folder}/{number}.jsonl", line)
    window = Window(start=since - timedelta(minutes=1), end=since + timedelta(hours=1))
    found = read_refused_values(there, "bankchurn", window)
    assert {name: dict(column.rows) for name, column in found.items()} == {
        "Geography": {"Ítaly": 1}
    }
    assert read_window(there, find("bankchurn"), window).asked == 1


@pytest.mark.parametrize("escape", ["\\ud800", "\\udc00", "\\udc00\\ud800", "\\uD83D x"])
@pytest.mark.parametrize("part", ["/predict", "/predict/batch", "/explain", "/feedback"])
def test_half_a_character_is_refused(part: str, escape: str) -> None:
    """A lone surrogate, which no file can hold, is a fault of the request and says so."""
    service = serving(SPEC)
    row = json.dumps(SPEC.features.example() | {"city": "CITY"})
    body = {
        "/predict/batch": '{"instances": [' + row + "]}",
        "/feedback": '{"prediction_id": "CITY", "actual": 1}',
    }.get(part, row)
    reply = service.gateway.send("POST", service.url(part), body.replace("CITY", escape))
    assert reply.status == 422
    assert "lone surrogate" in reply.body["errors"][0]["message"]
    assert service.telemetry.failures == []


@pytest.mark.parametrize("text", ['{"city": "\\ud8', '{"city": "\\u12"}', '{"city": "\\ud800'])
def test_json_that_is_cut_off_is_still_none(text: str) -> None:
    """What only resembles a lone surrogate is reported as what it is."""
    service = serving(SPEC)
    assert service.gateway.send("POST", service.url("/predict"), text).status == 400
