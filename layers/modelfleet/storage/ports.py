"""What the pipelines need from the outside world."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, Protocol

if TYPE_CHECKING:
    # Every function loads this module as it starts, and none needs all that is spoken of here.
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import Path

    from modelfleet.captures.record import CapturedPrediction
    from modelfleet.metrics.embedded import Measurement
    from modelfleet.metrics.serving_metrics import AnsweredRequest
    from modelfleet.registry.aliases import AliasMove
    from modelfleet.serving.proxy_event import ProxyAnswer


@dataclass(frozen=True)
class StoredObject:
    """An object's bytes with the tag that identifies this state of it."""

    content: bytes
    etag: str


class ObjectStore(Protocol):
    """One bucket. Keys are relative to it."""

    def get(self, key: str) -> StoredObject:
        """Read an object.

        Raises
        ------
        ObjectNotFoundError
            If nothing is stored under the key.
        """
        ...

    def get_if_changed(self, key: str, etag: str) -> StoredObject | None:
        """Read an object unless it still has this tag; `None` where it has.

        Raises
        ------
        ObjectNotFoundError
            If nothing is stored under the key.
        """
        ...

    def put(self, key: str, content: bytes) -> str:
        """Write an object whatever was there, and return its tag."""
        ...

    def create(self, key: str, content: bytes) -> str:
        """Write an object that must not exist yet, and return its tag.

        Raises
        ------
        ConflictError
            If something is stored under the key.
        """
        ...

    def replace(self, key: str, content: bytes, etag: str) -> str:
        """Write over the object that has this tag, and return the new tag.

        Raises
        ------
        ConflictError
            If the object has another tag by now, or is gone.
        """
        ...

    def keys(self, prefix: str) -> Iterator[str]:
        """Every key below a folder-like prefix, in lexical order."""
        ...


class SigningKeys(Protocol):
    """The secret keys that prediction ids are signed with."""

    def newest(self) -> bytes:
        """The key that signs.

        Raises
        ------
        UnavailableError
            If none could be read.
        """
        ...

    def known(self) -> Sequence[bytes]:
        """The keys whose signatures are accepted, the newest first, as far as they are known.

        Raises
        ------
        UnavailableError
            If none could be read.
        """
        ...

    def read_again(self) -> Sequence[bytes]:
        """The same, but newer ones are looked for first, unless that was done just now.

        Raises
        ------
        UnavailableError
            If none could be read.
        """
        ...


class FileStore(ObjectStore, Protocol):
    """A bucket whose objects may be larger than memory."""

    def open(self, key: str) -> BinaryIO:
        """Open an object to read it piece by piece, at any position.

        Raises
        ------
        ObjectNotFoundError
            If nothing is stored under the key.
        """
        ...

    def writing(self, key: str) -> AbstractContextManager[BinaryIO]:
        """Write an object piece by piece; it is there when the context ends without an error."""
        ...


@dataclass(frozen=True)
class ModelDescription:
    """What a model file takes and answers, for whoever loads it from the registry.

    `columns` and `answer` name its input's columns and its output, all float32, `example` holds
    some encoded rows, shape (n, columns), and `requirements` the libraries that run it.
    """

    file: str
    columns: tuple[str, ...]
    answer: str
    example: tuple[tuple[float, ...], ...]
    requirements: tuple[str, ...]


class ExperimentLog(Protocol):
    """One training run's record."""

    @property
    def run_id(self) -> str:
        """The run's identity in the registry's database."""
        ...

    def parameters(self, values: Mapping[str, Any]) -> None:
        """Record what the run was given."""
        ...

    def metrics(self, values: Mapping[str, float]) -> None:
        """Record what the run measured."""
        ...

    def tags(self, values: Mapping[str, str]) -> None:
        """Record where the run comes from."""
        ...

    def artifact(self, path: Path, folder: str = "") -> None:
        """Record a file."""
        ...

    def model(self, folder: str, description: ModelDescription) -> None:
        """Make a folder of recorded files one that the registry's own tools load as a model."""
        ...


class ModelRegistry(Protocol):
    """The record of every run and every registered version."""

    def start_run(self, model: str, name: str) -> ExperimentLog:
        """Open a run in the model's experiment, or the run of that name if it exists already."""
        ...

    def open_run(self, run_id: str) -> ExperimentLog:
        """Go on with a run that was started by another step."""
        ...

    def finish_run(self, run_id: str, *, failed: bool = False) -> None:
        """Close a run."""
        ...

    def register(self, model: str, run_id: str, source: str, tags: Mapping[str, str]) -> str:
        """Create the run's registered version and return it; the same one if asked again."""
        ...

    def aliases(self, model: str) -> Mapping[str, str]:
        """The version that each of the model's aliases names; none where nothing is registered."""
        ...

    def move_alias(self, move: AliasMove) -> None:
        """Let an alias name the move's version, or nothing; called by `pipelines.aliases` alone."""
        ...


Scores = list[float] | list[list[float]]
"""A float a row, length n; of more than two classes a probability each, shape (n, classes)."""


class Scorer(Protocol):
    """A loaded model."""

    def score(self, rows: Sequence[Sequence[float]]) -> Scores:
        """Score encoded rows, shape (n, columns)."""
        ...


class ServingTelemetry(Protocol):
    """What a predict function tells of itself."""

    def answered(self, request: AnsweredRequest) -> None:
        """Record a request's predictions, one log line each."""
        ...

    def failed(self, request_id: str, error: Exception) -> None:
        """Record a request that could not be answered."""
        ...

    def rejected(self, request_id: str, status: int) -> None:
        """Record a request that was refused with a 4xx status."""
        ...

    def shadow_failed(self, version: str, error: Exception) -> None:
        """Record that a challenger in shadow mode could not score; its champion has answered."""
        ...

    def challenger_failed(self, version: str, error: Exception) -> None:
        """Record that a challenger could not answer its request; its champion answers instead."""
        ...

    def released(self, version: str, challenger: str | None) -> None:
        """Record which versions serve from now on."""
        ...

    def refresh_failed(self, error: Exception) -> None:
        """Record that a release could not be followed; what was loaded before goes on serving."""
        ...


class CaptureSink(Protocol):
    """The way into the lake."""

    def put(self, captures: Sequence[CapturedPrediction]) -> None:
        """Hand over predictions.

        Raises
        ------
        DeliveryError
            If some of them were refused to the end; the others are delivered.
        """
        ...


class MetricReader(Protocol):
    """Reads back what predict functions measured."""

    def sums(
        self,
        model: str,
        versions: Sequence[str],
        metrics: Sequence[str],
        start: datetime,
        end: datetime,
    ) -> Mapping[str, Mapping[str, float]]:
        """Each metric's sum over a window, by version and metric; what is not there is absent."""
        ...


class MetricQuestion(NamedTuple):
    """A statistic of one metric with exactly these dimensions."""

    name: str
    dimensions: Mapping[str, str]
    statistic: str = "Sum"


class MetricCollector(Protocol):
    """Finds out what is measured, and reads many metrics at once."""

    def known(self) -> Sequence[MetricQuestion]:
        """Every metric that was measured lately."""
        ...

    def latest(
        self,
        questions: Sequence[MetricQuestion],
        period_seconds: int,
        start: datetime,
        end: datetime,
    ) -> Sequence[float | None]:
        """The latest period's value of each; `None` where nothing was measured in all of them.

        Raises
        ------
        CallError
            If they cannot be read.
        """
        ...


class NewCode(Protocol):
    """A version of a predict function that has no traffic yet."""

    def ask(self, event: Mapping[str, Any]) -> ProxyAnswer:
        """Have it answer a request as the gateway would hand it over.

        Raises
        ------
        CallError
            If it cannot be called, or crashes.
        """
        ...


class MetricSink(Protocol):
    """Takes measurements that were found in a log."""

    def put(self, measurements: Sequence[Measurement]) -> None:
        """Hand over measurements."""
        ...
