"""Many callers at once while the app is deployed anew: nobody gets an error, nothing is lost."""

import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from cli.local_cloud import deployment
from cli.local_cloud.processes.record import read_record
from modelfleet.catalogue import find
from tests.attack.result import Result
from tests.attack.target import Target

THREADS = 32
_REQUESTS = 5_000
# Answers of ours name a problem of ours; the gateway's are `about:blank`.
_OURS = "urn:modelfleet:problem:"
_LARGEST_BATCH = 50


@dataclass(frozen=True)
class Request:
    """One request; `body` is `None` for a GET."""

    model: str
    path: str
    body: dict[str, Any] | None = None


@dataclass
class Answers:
    """What came back: statuses, predictions by model, and the first words of each failure."""

    statuses: Counter[int] = field(default_factory=Counter)
    predictions: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    failures: Counter[str] = field(default_factory=Counter)
    ours: int = 0
    engine: int = 0
    _counting: threading.Lock = field(default_factory=threading.Lock)

    def take(self, request: Request, answer: httpx.Response) -> None:
        """Count an answer."""
        with self._counting:
            self.statuses[answer.status_code] += 1
            if answer.is_server_error:
                self._fail(answer.text)
            elif answer.is_success and request.path.startswith("predict"):
                made = answer.json()
                rows = made.get("predictions", [made])
                self.predictions[request.model] |= {row["prediction_id"] for row in rows}

    def drop(self, error: httpx.HTTPError) -> None:
        """Count a request that nobody answered: the server that listens is the engine's."""
        with self._counting:
            self._fail(type(error).__name__)

    def _fail(self, text: str) -> None:
        ours = _OURS in text
        self.ours += ours
        self.engine += not ours
        self.failures[text[:160]] += 1


def storm(target: Target) -> Result:
    """Send mixed requests from 32 threads while every predict function is replaced."""
    requests = _REQUESTS // target.every
    since = datetime.now(UTC) - timedelta(seconds=1)
    answers = Answers()
    deployment = ThreadPoolExecutor(1).submit(_deploy_anew, target)
    with target.client() as http, ThreadPoolExecutor(THREADS) as callers:
        sent = list(callers.map(lambda r: _send(http, r, answers), mixed(target.models, requests)))
    deployment.result()
    lost = [target.captured(model, ids, since) for model, ids in answers.predictions.items()]
    return Result(
        "storm during a deployment",
        count=len(sent),
        server_errors=answers.ours,
        engine_errors=answers.engine,
        lost=sum(each[0] for each in lost),
        duplicated=sum(each[1] for each in lost),
        notes=[
            f"statuses {dict(answers.statuses)}",
            f"{sum(each[2] for each in lost)} predictions stored twice, read once",
            *(f"{count} of: {text}" for text, count in answers.failures.most_common(5)),
        ],
    )


def mixed(models: Sequence[str], count: int) -> Iterator[Request]:
    """Requests of every kind for every model; one in twenty cannot be valid."""
    draw = random.Random(count)  # noqa: S311  # requests to vary, no secret
    for _ in range(count):
        model = draw.choice(models)
        row, kind = find(model).features.example(), draw.random()
        if kind < 0.6:
            yield Request(model, "predict", row)
        elif kind < 0.75:
            rows = [row] * draw.randint(2, _LARGEST_BATCH)
            yield Request(model, "predict/batch", {"instances": rows})
        elif kind < 0.8:
            yield Request(model, "explain", row)
        elif kind < 0.95:
            yield Request(model, draw.choice(["health", "ready", "model"]))
        else:
            yield Request(model, "predict", {"nothing": "of the kind"})


def _send(http: httpx.Client, request: Request, answers: Answers) -> None:
    path = f"/{request.model}/{request.path}"
    try:
        answer = http.get(path) if request.body is None else http.post(path, json=request.body)
    except httpx.HTTPError as error:
        answers.drop(error)
    else:
        answers.take(request, answer)


def _deploy_anew(target: Target) -> None:
    """Deploy with another setting of the predict functions, so that each gets a new version."""
    record = read_record(target.layout)
    if record is None:
        raise RuntimeError("the local cloud is not running")
    setting = {"allowed_origins": f"https://storm-{time.time_ns()}.example"}
    deployment.deploy(target.layout, record, settings=setting)
