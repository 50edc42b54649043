"""Predictions under load on the deployed local cloud: from the answer to the lake, each once."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from cli.cloud import Cloud
from modelfleet.captures.lake import read_captures
from modelfleet.captures.record import CapturedPrediction
from modelfleet.catalogue import find
from modelfleet.metrics.serving_metrics import ServingMetric
from modelfleet.outcomes.labelled_predictions import labelled_predictions
from modelfleet.outcomes.report import Feedback
from modelfleet.resource_names import Output, captures_function
from modelfleet.settings import NAMESPACE
from modelfleet.storage import keys
from models.bankchurn.sample import sample
from tests.attack.target import permit_reports
from tests.captures import delivered, prediction_line
from tests.e2e.conftest import MODEL, Fleet, example

pytestmark = pytest.mark.e2e

TOTAL = 10_000
ALONE = 2_000
OUTCOMES = 2_000
BATCH = 100
CALLERS = 8
_ARRIVAL_SECONDS = 300.0
_OUTPUTS = ("label", "probability", "threshold", "risk")

Row = dict[str, Any]
Found = TypeVar("Found")


@dataclass(frozen=True)
class Answered:
    """A row that was asked about, and what the API said to it."""

    row: Row
    answer: dict[str, Any]
    request_id: str


@dataclass(frozen=True)
class Load:
    """What was asked and answered, by the prediction's identity, and from when on."""

    began: datetime
    answered: dict[str, Answered]


@pytest.fixture(scope="module")
def load(http: httpx.Client, second_release: dict[str, Any]) -> Load:
    """Ask for 10,000 predictions, some alone and most in batches, several callers at a time."""
    assert second_release["champion"]
    began = datetime.now(UTC) - timedelta(seconds=1)
    requests = list(_requests())
    with ThreadPoolExecutor(CALLERS) as callers:
        parts = list(callers.map(lambda rows: _ask(http, rows), requests))
    answered = [each for part in parts for each in part]
    assert len(answered) == TOTAL
    return Load(began, {each.answer["prediction_id"]: each for each in answered})


@pytest.fixture(scope="module")
def stored(cloud: Cloud, load: Load) -> Counter[str]:
    """How often each of them lies in the lake, when all have had time to arrive."""
    lake = cloud.store(Output.LAKE_BUCKET)
    objects: dict[str, list[str]] = {}

    def look() -> Counter[str]:
        for key in (key for day in _days(load) for key in lake.keys(keys.captures(MODEL, day))):
            if key not in objects:
                lines = lake.get(key).content.splitlines()
                objects[key] = [json.loads(line)["prediction_id"] for line in lines]
        return Counter(each for found in objects.values() for each in found)

    return _settled(look, lambda found: load.answered.keys() <= found.keys())


@pytest.fixture(scope="module")
def captured(cloud: Cloud, load: Load, stored: Counter[str]) -> list[CapturedPrediction]:
    """What a reader of the lake finds of them."""
    assert stored
    lake = cloud.store(Output.LAKE_BUCKET)
    found = read_captures(lake, MODEL, load.began, datetime.now(UTC) + timedelta(seconds=1))
    return [each for each in found if each.prediction_id in load.answered]


def test_every_answer_is_in_the_lake_once(
    load: Load, stored: Counter[str], captured: list[CapturedPrediction]
) -> None:
    """None of 10,000 predictions is lost, and none is doubled."""
    assert len(load.answered) == TOTAL
    assert [id_ for id_ in load.answered if stored[id_] != 1] == []
    assert {each.prediction_id for each in captured} == load.answered.keys()
    assert len(captured) == TOTAL


def test_the_lake_says_what_was_answered(load: Load, captured: list[CapturedPrediction]) -> None:
    """Each record has the row that was asked about, and the answer and identity of the request."""
    assert captured
    for record in captured:
        asked = load.answered[record.prediction_id]
        assert record.output == {name: asked.answer[name] for name in _OUTPUTS}
        assert record.features == asked.row
        assert record.request_id == asked.request_id
        told = (asked.answer["model"], asked.answer["version"], asked.answer["variant"])
        assert (record.model, record.version, record.variant) == told
        assert record.latency_ms > 0


def test_measurements_are_in_cloudwatch(cloud: Cloud, load: Load) -> None:
    """The metrics of the log can be asked for, by model and version."""
    (version,) = {each.answer["version"] for each in load.answered.values()}

    def measured(metric: ServingMetric, statistic: str) -> float:
        return _statistic(cloud, load.began, version, metric, statistic)

    requests = ALONE + (TOTAL - ALONE) // BATCH
    _settled(lambda: measured(ServingMetric.PREDICTIONS, "Sum"), lambda total: total >= TOTAL)
    assert measured(ServingMetric.PREDICTIONS, "Sum") >= TOTAL
    assert measured(ServingMetric.REQUESTS, "Sum") >= requests
    assert measured(ServingMetric.LATENCY, "SampleCount") >= requests
    assert measured(ServingMetric.BATCH_SIZE, "Maximum") >= BATCH
    assert 0.0 <= measured(ServingMetric.SCORE, "Average") <= 1.0
    assert measured(ServingMetric.ERRORS, "Sum") == 0.0


def test_a_delivery_that_comes_again_changes_nothing_for_readers(cloud: Cloud) -> None:
    """CloudWatch delivers at least once: what is stored twice is read once."""
    moment = datetime.now(UTC)
    line = prediction_line("twice", model="redelivered", timestamp=moment.isoformat())
    client = cloud.client("lambda")
    for _ in range(2):
        answer = client.invoke(
            FunctionName=captures_function(cloud.stage),
            Payload=json.dumps(delivered(line)).encode(),
        )
        assert "FunctionError" not in answer
    lake = cloud.store(Output.LAKE_BUCKET)
    folder = keys.captures("redelivered", moment.date().isoformat())
    _settled(lambda: sum(1 for _ in lake.keys(folder)), lambda count: count == 2)
    second = timedelta(seconds=1)
    (read,) = read_captures(lake, "redelivered", moment - second, moment + second)
    assert read.prediction_id == "twice"


def test_feedback_is_durable_when_it_is_answered(
    cloud: Cloud, http: httpx.Client, second_release: dict[str, Any]
) -> None:
    """It is stored at 202, the same again changes nothing, and another outcome corrects it."""
    assert second_release["champion"]
    prediction_id = http.post(f"/{MODEL}/predict", json=example()).json()["prediction_id"]
    lake = cloud.store(Output.LAKE_BUCKET)

    def send(actual: object) -> int:
        body = {"prediction_id": prediction_id, "actual": actual}
        return http.post(f"/{MODEL}/feedback", json=body).status_code

    for outside in (2, -1, 0.5, "perhaps", None):
        assert send(outside) == httpx.codes.UNPROCESSABLE_ENTITY, outside
    assert send(1) == httpx.codes.ACCEPTED
    (key,) = (key for key in lake.keys(keys.FEEDBACK) if prediction_id in key)
    assert key.startswith(f"{keys.FEEDBACK}/model={MODEL}/date={datetime.now(UTC):%Y}-")
    stored = lake.get(key)
    reported = Feedback.parse(stored.content)
    assert (reported.actual, reported.client) == (1, cloud.output(Output.API_KEY_ID))
    assert send(1) == httpx.codes.ACCEPTED
    assert lake.get(key) == stored
    assert send(0) == httpx.codes.ACCEPTED
    corrected = Feedback.parse(lake.get(key).content)
    assert (corrected.actual, [each.actual for each in corrected.superseded]) == (0, [1])


def test_outcomes_come_under_the_teams_own_ids(
    cloud: Cloud,
    fleet: Fleet,
    http: httpx.Client,
    second_release: dict[str, Any],
    tmp_path: Path,
) -> None:
    """From a table, with exact counts; corrections hold, and loading again changes nothing."""
    assert second_release["champion"]
    began = datetime.now(UTC) - timedelta(seconds=1)
    made: dict[str, str] = {}
    for start in range(0, OUTCOMES, BATCH):
        entities = [f"C-{number}" for number in range(start, start + BATCH)]
        rows = [example() | {"entity_id": each} for each in entities]
        answers = http.post(f"/{MODEL}/predict/batch", json={"instances": rows}).json()
        ids = [each["prediction_id"] for each in answers["predictions"]]
        made |= dict(zip(entities, ids, strict=True))
    lake, spec = cloud.store(Output.LAKE_BUCKET), find(MODEL)

    def arrived() -> int:
        found = read_captures(lake, MODEL, began, datetime.now(UTC) + timedelta(seconds=1))
        return sum(bool(each.entity) for each in found)

    assert _settled(arrived, lambda count: count >= OUTCOMES) == OUTCOMES
    later = datetime.now(UTC) + timedelta(minutes=5)
    # A different outcome an hour later is a correction, and the same one a repetition.
    lines = [f"C-{number},{number % 2},{later.isoformat()}" for number in range(1_500)]
    corrected = (later + timedelta(hours=1)).isoformat()
    lines += [f"C-{number},{1 - number % 2},{corrected}" for number in range(40)]
    lines += [f"unknown {number},1,{later.isoformat()}" for number in range(30)]
    lines += lines[100:110]
    path = tmp_path / "exits.csv"
    path.write_text("\n".join(["customer,left,seen", *lines]))
    names = ("--key", "customer", "--target", "left", "--time", "seen", "--json")
    command = ("outcomes", "load", MODEL, str(path), *names)
    counts = {"rows": 1_580, "matched": 1_550, "unmatched": 30, "ambiguous": 0, "rejected": {}}
    first = fleet.ask(*command)
    assert first == first | counts | {"new": 1_500, "corrected": 40, "unchanged": 10}
    second = fleet.ask(*command)
    assert second == second | counts | {"new": 0, "corrected": 0, "unchanged": 1_550}
    expected = {
        made[f"C-{number}"]: float(1 - number % 2 if number < 40 else number % 2)
        for number in range(1_500)
    }
    found = labelled_predictions(spec, lake, began, datetime.now(UTC))
    read = {row.prediction_id: row.actual for row in found.rows}
    assert {name: read[name] for name in expected} == expected
    body = {"entity_id": "C-1999", "actual": 1}
    assert http.post(f"/{MODEL}/feedback", json=body).status_code == httpx.codes.ACCEPTED
    found = labelled_predictions(spec, lake, began, datetime.now(UTC))
    assert {row.prediction_id: row.actual for row in found.rows}[made["C-1999"]] == 1
    assert "C-1999" not in json.dumps([*lake.keys(keys.FEEDBACK)])


def test_only_who_asked_may_report(
    cloud: Cloud, http: httpx.Client, second_release: dict[str, Any]
) -> None:
    """Another key may not report, and with the permission it has no such prediction."""
    assert second_release["champion"]
    made = http.post(f"/{MODEL}/predict", json=example()).json()["prediction_id"]
    gateway, name = cloud.client("apigateway"), "another-caller"
    key = gateway.create_api_key(name=name, enabled=True)
    stages = [
        {"apiId": cloud.output(Output.API_ID), "stage": cloud.output(Output.API_STAGE)},
    ]
    plan = gateway.create_usage_plan(name=name, apiStages=stages)
    gateway.create_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
    body = {"prediction_id": made, "actual": 1}
    headers = {"x-api-key": key["value"]}
    refused = http.post(f"/{MODEL}/feedback", json=body, headers=headers)
    assert refused.status_code == httpx.codes.FORBIDDEN, refused.text
    own = http.post(f"/{MODEL}/predict", json=example(), headers=headers).json()["prediction_id"]
    refused = http.post(f"/{MODEL}/feedback", json=body | {"prediction_id": own}, headers=headers)
    assert refused.status_code == httpx.codes.FORBIDDEN, refused.text
    permit_reports(cloud, name, key["id"])
    refused = http.post(f"/{MODEL}/feedback", json=body, headers=headers)
    assert refused.status_code == httpx.codes.NOT_FOUND, refused.text
    kept = http.post(f"/{MODEL}/feedback", json=body | {"prediction_id": own}, headers=headers)
    assert kept.status_code == httpx.codes.ACCEPTED, kept.text
    lake = cloud.store(Output.LAKE_BUCKET)
    assert not [each for each in lake.keys(keys.FEEDBACK) if made in each]
    assert http.post(f"/{MODEL}/feedback", json=body).status_code == httpx.codes.ACCEPTED


def _days(load: Load) -> set[str]:
    return {moment.date().isoformat() for moment in (load.began, datetime.now(UTC))}


def _requests() -> Iterator[list[Row]]:
    """Rows to ask about, one request's at a time: some alone, then a batch, and so on."""
    names = list(find(MODEL).features.model_fields)
    rows = [{name: row[name] for name in names} for row in sample(TOTAL, seed=11)]
    batches = range(ALONE, TOTAL, BATCH)
    alone = ALONE // len(batches)
    for number, start in enumerate(batches):
        yield from ([row] for row in rows[number * alone : (number + 1) * alone])
        yield rows[start : start + BATCH]


def _ask(http: httpx.Client, rows: list[Row]) -> list[Answered]:
    if len(rows) == 1:
        answer = http.post(f"/{MODEL}/predict", json=rows[0])
    else:
        answer = http.post(f"/{MODEL}/predict/batch", json={"instances": rows})
    assert answer.status_code == httpx.codes.OK, answer.text
    body = answer.json()
    made = [body] if len(rows) == 1 else body["predictions"]
    request_id = answer.headers["x-request-id"]
    return [Answered(row, one, request_id) for row, one in zip(rows, made, strict=True)]


def _statistic(
    cloud: Cloud, began: datetime, version: str, metric: ServingMetric, statistic: str
) -> float:
    """One number over the whole time, of one model's version."""
    answer = cloud.client("cloudwatch").get_metric_statistics(
        Namespace=NAMESPACE,
        MetricName=metric,
        Dimensions=[{"Name": "model", "Value": MODEL}, {"Name": "version", "Value": version}],
        StartTime=began - timedelta(minutes=1),
        EndTime=datetime.now(UTC) + timedelta(minutes=1),
        Period=86_400,
        Statistics=[statistic],
    )
    return sum(float(point[statistic]) for point in answer["Datapoints"])


def _settled(look: Callable[[], Found], enough: Callable[[Found], bool]) -> Found:
    """Look until there is enough, or it is clear that there never will be."""
    deadline = time.monotonic() + _ARRIVAL_SECONDS
    while not enough(found := look()) and time.monotonic() < deadline:
        time.sleep(0.5)
    return found
