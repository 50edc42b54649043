"""What the cloud has acknowledged, kept by those who were told, and a client that never stops."""

import random
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from cli.cloud import Cloud

_TIMEOUT_SECONDS = 10.0
_PAUSE_SECONDS = 0.15
_AWAY_SECONDS = 0.5
_FEEDBACK_SHARE = 0.3


@dataclass
class Acknowledged:
    """What must be there, whatever was killed."""

    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    predictions: dict[str, float] = field(default_factory=dict)
    feedback: set[str] = field(default_factory=set)
    datasets: set[str] = field(default_factory=set)
    champions: list[str] = field(default_factory=list)
    batches: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def predict(self, identity: str) -> None:
        """Keep a prediction that was answered now."""
        with self._lock:
            self.predictions[identity] = time.time()

    def report(self, identity: str) -> None:
        """Keep a prediction whose outcome was taken."""
        with self._lock:
            self.feedback.add(identity)

    def predicted(self) -> dict[str, float]:
        """When each prediction was answered; the client goes on meanwhile."""
        with self._lock:
            return dict(self.predictions)

    def reported(self) -> set[str]:
        """The predictions whose outcomes were taken."""
        with self._lock:
            return set(self.feedback)


class Caller(threading.Thread):
    """Predicts all the time, and reports outcomes for some of what was answered."""

    def __init__(self, model: str, row: dict[str, Any], told: Acknowledged, seed: int) -> None:
        super().__init__(name="caller", daemon=True)
        self._model = model
        self._row = row
        self._told = told
        self._random = random.Random(seed)  # noqa: S311  chooses moments, keeps no secret
        self._ended = threading.Event()
        self._http: httpx.Client | None = None

    def call(self, cloud: Cloud) -> None:
        """Call this cloud from now on."""
        self._http = cloud.http(_TIMEOUT_SECONDS)

    def end(self) -> None:
        """Call no more."""
        self._ended.set()
        self.join(_TIMEOUT_SECONDS)

    def run(self) -> None:
        """Go on until it is ended; what fails was not acknowledged."""
        while not self._ended.is_set():
            try:
                self._predict(self._http)
            except httpx.HTTPError:
                time.sleep(_AWAY_SECONDS)
            time.sleep(_PAUSE_SECONDS)

    def _predict(self, http: httpx.Client | None) -> None:
        if http is None:
            return
        answer = http.post(f"/{self._model}/predict", json=self._row)
        if not answer.is_success:
            return
        identity = answer.json()["prediction_id"]
        self._told.predict(identity)
        if self._random.random() < _FEEDBACK_SHARE:
            outcome = {"prediction_id": identity, "actual": self._random.randint(0, 1)}
            if http.post(f"/{self._model}/feedback", json=outcome).is_success:
                self._told.report(identity)
