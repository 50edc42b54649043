"""`fleet simulate`: rows are drawn, sent, counted, and refused, with an API in memory."""

import json
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from statistics import fmean
from typing import Any

import httpx
import pytest
from pydantic import ValidationError
from typer.testing import CliRunner, Result

from cli.app import app
from cli.cloud import Cloud
from cli.output.errors import FleetError
from cli.simulation import traffic
from cli.simulation.disturbances import Disturbances, read_disturbances
from cli.simulation.rows import simulated_rows
from modelfleet.catalogue import find, names
from tests.contract.models.aliased import ALIASED

CHURN = find("bankchurn")


class Api:
    """The API as a transport: validates like the real one, and records feedback."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.outcomes: dict[str, float] = {}
        self.calls: Counter[str] = Counter()
        self.before: Callable[[int], httpx.Response | None] = lambda _: None
        self._lock = threading.Lock()

    def http(self) -> httpx.Client:
        """A client, as `Cloud` returns one."""
        return httpx.Client(base_url="http://api", transport=httpx.MockTransport(self._handle))

    def _handle(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            path = request.url.path.removeprefix("/bankchurn/")
            self.calls[path] += 1
            if early := self.before(self.calls.total()):
                return early
            return self._answer(path, json.loads(request.content))

    def _answer(self, path: str, body: dict[str, Any]) -> httpx.Response:
        if path == "feedback":
            self.outcomes[body["prediction_id"]] = body["actual"]
            return httpx.Response(202, json={})
        if path == "predict":
            answer = self._predict(body)
            return httpx.Response(422 if "errors" in answer else 200, json=answer)
        predictions = [self._predict(row) for row in body["instances"]]
        return httpx.Response(200, json={"predictions": predictions})

    def _predict(self, row: dict[str, Any]) -> dict[str, Any]:
        try:
            CHURN.features.model_validate(row)
        except ValidationError as error:
            return {"errors": [{"field": str(fault["loc"][0])} for fault in error.errors()]}
        self.rows.append(row)
        return {"prediction_id": str(uuid.uuid4()), "version": "7", "probability": 0.25}


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    """An API that responds, and a command that retries without waiting."""
    api = Api()
    monkeypatch.setattr(Cloud, "connect", lambda *_: api)
    monkeypatch.setattr(traffic, "_FIRST_PAUSE_SECONDS", 0.0)
    return api


def typed(*arguments: str, model: str = "bankchurn") -> Result:
    """Run the command."""
    return CliRunner().invoke(app, ["simulate", model, *arguments])


def told(*arguments: str) -> dict[str, Any]:
    """The JSON result of a command that must succeed."""
    done = typed("--json", *arguments)
    assert done.exit_code == 0, done.output
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize(("size", "calls"), [(1, {"predict": 60}), (25, {"predict/batch": 3})])
def test_rows_go_through_the_api(api: Api, size: int, calls: dict[str, int]) -> None:
    """Each row is sent and its response counted, alone or in batches."""
    answer = told("--requests", "60", "--batch-size", str(size))
    assert (answer["sent"], answer["predicted"], answer["versions"]) == (60, 60, {"7": 60})
    assert dict(api.calls) == calls
    assert answer["mean_score"] == 0.25


def test_a_shift_reaches_the_rows(api: Api) -> None:
    """The same seed sends the same customers, but older or from Germany."""
    told("--requests", "200", "--seed", "3")
    usual, api.rows = api.rows, []
    moved = ("--shift", "Age=+12", "--shift", "Geography=Germany:0.8")
    told("--requests", "200", "--seed", "3", *moved)
    older = fmean(row["Age"] for row in api.rows) - fmean(row["Age"] for row in usual)
    assert older == pytest.approx(12, abs=0.3)
    assert fmean(row["Geography"] == "Germany" for row in api.rows) == pytest.approx(0.8, abs=0.07)


def test_outcomes_follow_the_shifted_population(api: Api) -> None:
    """Every prediction gets one outcome, and older customers churn more often."""
    usual = told("--requests", "600", "--seed", "3", "--feedback", "--batch-size", "100")
    assert usual["feedback"] == len(api.outcomes) == 600
    before, api.outcomes = fmean(api.outcomes.values()), {}
    told("--requests", "600", "--seed", "3", "--feedback", "--shift", "Age=+12")
    assert fmean(api.outcomes.values()) > before + 0.08


def test_a_concept_shift_changes_only_outcomes(api: Api) -> None:
    """The rows are the same, and their outcomes differ."""
    asked = ("--requests", "600", "--seed", "3", "--feedback", "--concurrency", "1")
    told(*asked)
    usual, left = api.rows, fmean(api.outcomes.values())
    api.rows, api.outcomes = [], {}
    told(
        "--requests",
        "600",
        "--seed",
        "3",
        "--feedback",
        "--concurrency",
        "1",
        "--concept",
        "Age=+8",
    )
    assert api.rows == usual
    assert fmean(api.outcomes.values()) > left + 0.05


def test_invalid_rows_are_refused_and_counted(api: Api) -> None:
    """Invalid categories and missing values are counted by field."""
    answer = told(
        "--requests", "300", "--new-category", "Geography=Italy:0.2", "--missing", "Age=0.3",
        "--missing", "Tenure=0.5",
    )  # fmt: skip
    refused = answer["refused"]
    assert set(refused) == {"Geography", "Age", "Geography, Age"}
    assert answer["predicted"] + sum(refused.values()) == answer["sent"] == 300
    assert 0.3 < sum(refused.values()) / 300 < 0.6
    assert fmean(row["Tenure"] is None for row in api.rows) > 0.4


def test_throttled_calls_are_retried(api: Api) -> None:
    """Every other call is throttled, and nothing is lost or counted twice."""
    api.before = lambda number: httpx.Response(429) if number % 2 else None
    answer = told("--requests", "40", "--feedback", "--concurrency", "1")
    assert (answer["predicted"], answer["feedback"], len(api.rows)) == (40, 40, 40)


def test_an_unavailable_api_is_an_error(api: Api) -> None:
    """The counts are printed anyway."""
    api.before = lambda _: httpx.Response(503)
    done = typed("--requests", "4")
    assert isinstance(done.exception, FleetError)
    assert "all calls failed (503 4)" in str(done.exception)
    assert "4 rows sent" in done.stdout


def test_partial_failure_is_an_error(api: Api) -> None:
    """The error counts failed predictions and outcome reports."""
    api.before = lambda number: httpx.Response(403) if number > 30 else None
    done = typed("--requests", "40", "--concurrency", "1")
    assert "10 predictions and 0 outcome reports failed" in str(done.exception)


def test_ctrl_c_prints_the_counts(api: Api) -> None:
    """Responses are counted, pending calls are cancelled, and the exit code is 130."""

    def interrupt(number: int) -> None:
        if number > 20:
            raise KeyboardInterrupt

    api.before = interrupt
    done = typed("--requests", "200", "--concurrency", "1", "--feedback")
    assert done.exit_code == 130
    assert "stopped: bankchurn: 20 rows sent" in done.stdout
    assert len(api.rows) == 20
    assert api.calls.total() < 200


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("--shift", "Agee=+1"),
            "invalid --shift Agee=+1: bankchurn has no feature Agee; its features are: Credit",
        ),
        (("--shift", "Age"), "invalid --shift Age; use the form --shift Age=+12 or"),
        (("--shift", "Age=old"), "invalid --shift Age=old"),
        (("--shift", "Geography=Italy:0.5"), "Geography has no category Italy"),
        (("--shift", "Geography=+1"), "cannot be shifted by a number"),
        (("--concept", "Age=Germany:0.5"), "Age is numeric"),
        (("--new-category", "Geography=Italy"), "--new-category Geography=Italy:0.2"),
        (("--new-category", "Age=Old:0.2"), "Age is a number, not a category"),
        (("--missing", "Age=1.5"), "a share must be between 0 and 1"),
        (("--missing", "Age:0.5"), "--missing Age=0.3"),
        (("--missing", "Exited=0.5"), "bankchurn has no feature Exited"),
    ],
)
def test_invalid_options_are_one_line(api: Api, arguments: tuple[str, ...], said: str) -> None:
    """Nothing is sent."""
    done = typed(*arguments)
    assert done.exit_code == 1
    assert said in str(done.exception)
    assert "\n" not in str(done.exception)
    assert not api.calls


@pytest.mark.parametrize("name", names())
def test_every_model_can_be_simulated(name: str) -> None:
    """The rows are valid requests, as many as requested, with valid outcomes."""
    spec = find(name)
    rows = simulated_rows(spec, 100, 1, Disturbances())
    assert len(rows) == 100
    for row in rows:
        spec.features.model_validate(json.loads(json.dumps(row.features)))
    if spec.task == "binary":
        assert {type(row.actual) for row in rows} == {int}
        assert {row.actual for row in rows} == {0, 1}


def test_several_moves_of_a_column() -> None:
    """Shares of a category column are combined; for a number the last value counts."""
    found = read_disturbances(
        CHURN, ["Geography=Germany:0.6", "Geography=Spain:0.3", "Age=-3.5"], [], [], []
    )
    assert found.shift == {"Geography": {"Germany": 0.6, "Spain": 0.3}, "Age": -3.5}


def test_a_column_may_have_any_name() -> None:
    """Spaces, brackets, and other scripts are part of a name."""
    found = read_disturbances(
        ALIASED, ["Monthly Charges ($)=+3", "都市=東京:0.5"], [], [], ["都市=0.1"]
    )
    assert found.shift == {"Monthly Charges ($)": 3.0, "都市": {"東京": 0.5}}
    assert found.missing == {"都市": 0.1}
