"""The ports to the model registry and to experiment tracking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    # Every function loads this module as it starts, and none needs all that is spoken of here.
    from collections.abc import Mapping
    from pathlib import Path

    from modelfleet.registry.aliases import AliasMove


@dataclass(frozen=True)
class ModelDescription:
    """The signature of a model file, for users who load it from the registry.

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
