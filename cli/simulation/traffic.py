"""Concurrent calls of a model's API, and their results."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeVar

import httpx

from cli.simulation.rows import SimulatedRow

# Requests are retried with exponential backoff, as a good client would: after 0.2, 0.4, 0.8 … s.
_ATTEMPTS = 6
_FIRST_PAUSE_SECONDS = 0.2
_RETRIED = frozenset({429, 500, 502, 503, 504})

Item = TypeVar("Item")
OnProgress = Callable[[int], None]


@dataclass
class Traffic:
    """Counts of requests and their results so far.

    `sent` counts rows, `versions` predictions per version, `refused` invalid rows per field,
    `failed` rows without a response per reason. `reported` and `report_failures` count feedback,
    `kept` predictions that reached the lake, if that was waited for.
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
        """The number of predicted rows."""
        return self.versions.total()


class Caller:
    """Calls one model.

    Parameters
    ----------
    http
        A client of the API.
    model
        The model's name.
    concurrency
        Number of concurrent calls.
    """

    def __init__(self, http: httpx.Client, model: str, concurrency: int) -> None:
        self._http = http
        self._model = model
        self._concurrency = concurrency
        # Calls count their own results, so that none is lost at Ctrl-C.
        self._counting = Lock()
        self.traffic = Traffic()

    def predict(
        self, rows: Sequence[SimulatedRow], batch_size: int, on_progress: OnProgress
    ) -> None:
        """Request predictions with `batch_size` rows per call, and count the results."""
        parts = [rows[start : start + batch_size] for start in range(0, len(rows), batch_size)]
        for part in self._each(self._predict, parts):
            on_progress(len(part))

    def report(self, on_progress: OnProgress) -> None:
        """Report the outcome of each prediction."""
        for _ in self._each(self._report, tuple(self.traffic.outcomes)):
            on_progress(1)

    def _each(self, call: Callable[[Item], None], items: Sequence[Item]) -> Iterator[Item]:
        """Call concurrently for each item; if the consumer stops, pending calls are cancelled."""
        pool = ThreadPoolExecutor(self._concurrency)
        try:
            submitted = {pool.submit(call, item): item for item in items}
            for done in as_completed(submitted):
                done.result()
                yield submitted[done]
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _predict(self, part: Sequence[SimulatedRow]) -> None:
        if len(part) == 1:
            path, body = "predict", part[0].features
        else:
            path, body = "predict/batch", {"instances": [row.features for row in part]}
        started = time.perf_counter()
        response = self._post(path, body)
        latency_ms = (time.perf_counter() - started) * 1000
        with self._counting:
            self.traffic.latencies_ms.append(latency_ms)
            self._count(part, response)

    def _report(self, outcome: tuple[str, float | str]) -> None:
        prediction_id, actual = outcome
        response = self._post("feedback", {"prediction_id": prediction_id, "actual": actual})
        with self._counting:
            if response.status_code == httpx.codes.ACCEPTED:
                self.traffic.reported += 1
            else:
                self.traffic.report_failures[_reason(response)] += 1

    def _post(self, path: str, body: Any) -> httpx.Response:
        for attempt in range(_ATTEMPTS):
            response = self._attempt(path, body)
            if response.status_code not in _RETRIED or attempt == _ATTEMPTS - 1:
                break
            time.sleep(_FIRST_PAUSE_SECONDS * 2**attempt)
        return response

    def _attempt(self, path: str, body: Any) -> httpx.Response:
        try:
            return self._http.post(f"/{self._model}/{path}", json=body)
        except httpx.HTTPError as error:
            return httpx.Response(httpx.codes.BAD_GATEWAY, text=type(error).__name__)

    def _count(self, part: Sequence[SimulatedRow], response: httpx.Response) -> None:
        self.traffic.sent += len(part)
        if response.status_code == httpx.codes.UNPROCESSABLE_ENTITY and len(part) == 1:
            self.traffic.refused[_fields(response.json())] += 1
        elif response.status_code != httpx.codes.OK:
            self.traffic.failed[_reason(response)] += len(part)
        else:
            body = response.json()
            for row, answer in zip(part, body.get("predictions", [body]), strict=True):
                self._count_row(row, answer)

    def _count_row(self, row: SimulatedRow, answer: dict[str, Any]) -> None:
        traffic = self.traffic
        if "prediction_id" not in answer:
            traffic.refused[_fields(answer)] += 1
            return
        traffic.versions[answer["version"]] += 1
        traffic.scores.append(answer["probability"] if "probability" in answer else answer["value"])
        traffic.outcomes.append((answer["prediction_id"], row.actual))


def _fields(refusal: dict[str, Any]) -> str:
    """The invalid fields; a stage that hides its schema does not name them."""
    named = dict.fromkeys(error["field"] for error in refusal.get("errors") or ())
    return ", ".join(named) or "not disclosed"


def _reason(response: httpx.Response) -> str:
    if response.status_code == httpx.codes.BAD_GATEWAY:
        return response.text or "502"
    return str(response.status_code)
