"""Calls of a model's API, so many at once, and what came of them."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeVar

import httpx

from cli.simulation.rows import SimulatedRow

# A throttled or busy API is asked again, as a caller would: after 0.2, 0.4, 0.8 … seconds.
_ATTEMPTS = 6
_FIRST_PAUSE_SECONDS = 0.2
_AGAIN = frozenset({429, 500, 502, 503, 504})

Item = TypeVar("Item")
OnProgress = Callable[[int], None]


@dataclass
class Traffic:
    """What was sent and what came of it, at any moment.

    `sent` counts rows that were asked for, `versions` those that were predicted by who answered,
    `refused` those that are not valid by the field that is not, `failed` those that nobody answered
    by the reason. `reported` and `report_failures` count feedback; `kept` are in the lake, where
    that was waited for.
    """

    sent: int = 0
    versions: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    scores: list[float] = field(default_factory=list)
    latencies_ms: list[float] = field(default_factory=list)
    reported: int = 0
    kept: int | None = None
    report_failures: Counter[str] = field(default_factory=Counter)
    outcomes: list[tuple[str, float | str]] = field(default_factory=list)

    @property
    def predicted(self) -> int:
        """How many rows were predicted."""
        return self.versions.total()


class Caller:
    """Calls one model.

    Parameters
    ----------
    http
        The API, with its key.
    model
        The model's name.
    concurrency
        How many calls are under way at once.
    """

    def __init__(self, http: httpx.Client, model: str, concurrency: int) -> None:
        self._http = http
        self._model = model
        self._concurrency = concurrency
        # Whoever called counts, so that nothing that was sent is forgotten at Ctrl-C.
        self._counting = Lock()
        self.traffic = Traffic()

    def predict(
        self, rows: Sequence[SimulatedRow], batch_size: int, on_progress: OnProgress
    ) -> None:
        """Ask for predictions, one row a call or so many; `traffic` says what came of them."""
        parts = [rows[start : start + batch_size] for start in range(0, len(rows), batch_size)]
        for part in self._each(self._ask, parts):
            on_progress(len(part))

    def report(self, on_progress: OnProgress) -> None:
        """Report what really happened after each prediction."""
        for _ in self._each(self._tell, tuple(self.traffic.outcomes)):
            on_progress(1)

    def _each(self, call: Callable[[Item], None], items: Sequence[Item]) -> Iterator[Item]:
        """Call for each; where the listener stops, as at Ctrl-C, what has not begun never does."""
        pool = ThreadPoolExecutor(self._concurrency)
        try:
            under_way = {pool.submit(call, item): item for item in items}
            for done in as_completed(under_way):
                done.result()
                yield under_way[done]
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _ask(self, part: Sequence[SimulatedRow]) -> None:
        if len(part) == 1:
            path, body = "predict", part[0].features
        else:
            path, body = "predict/batch", {"instances": [row.features for row in part]}
        started = time.perf_counter()
        answered = self._post(path, body)
        latency_ms = (time.perf_counter() - started) * 1000
        with self._counting:
            self.traffic.latencies_ms.append(latency_ms)
            self._take(part, answered)

    def _tell(self, outcome: tuple[str, float | str]) -> None:
        prediction_id, actual = outcome
        answered = self._post("feedback", {"prediction_id": prediction_id, "actual": actual})
        with self._counting:
            if answered.status_code == httpx.codes.ACCEPTED:
                self.traffic.reported += 1
            else:
                self.traffic.report_failures[_reason(answered)] += 1

    def _post(self, path: str, body: Any) -> httpx.Response:
        for attempt in range(_ATTEMPTS):
            answered = self._attempt(path, body)
            if answered.status_code not in _AGAIN or attempt == _ATTEMPTS - 1:
                break
            time.sleep(_FIRST_PAUSE_SECONDS * 2**attempt)
        return answered

    def _attempt(self, path: str, body: Any) -> httpx.Response:
        try:
            return self._http.post(f"/{self._model}/{path}", json=body)
        except httpx.HTTPError as error:
            return httpx.Response(httpx.codes.BAD_GATEWAY, text=type(error).__name__)

    def _take(self, part: Sequence[SimulatedRow], response: httpx.Response) -> None:
        self.traffic.sent += len(part)
        if response.status_code == httpx.codes.UNPROCESSABLE_ENTITY and len(part) == 1:
            self.traffic.refused[_fields(response.json())] += 1
        elif response.status_code != httpx.codes.OK:
            self.traffic.failed[_reason(response)] += len(part)
        else:
            body = response.json()
            for row, answer in zip(part, body.get("predictions", [body]), strict=True):
                self._take_row(row, answer)

    def _take_row(self, row: SimulatedRow, answer: dict[str, Any]) -> None:
        traffic = self.traffic
        if "prediction_id" not in answer:
            traffic.refused[_fields(answer)] += 1
            return
        traffic.versions[answer["version"]] += 1
        traffic.scores.append(answer["probability"] if "probability" in answer else answer["value"])
        traffic.outcomes.append((answer["prediction_id"], row.actual))


def _fields(refusal: dict[str, Any]) -> str:
    """The fields that are not valid; a stage that keeps its schema to itself does not say."""
    named = dict.fromkeys(error["field"] for error in refusal.get("errors") or ())
    return ", ".join(named) or "not said"


def _reason(response: httpx.Response) -> str:
    if response.status_code == httpx.codes.BAD_GATEWAY:
        return response.text or "502"
    return str(response.status_code)
