"""Ports to the model registry and to experiment tracking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    # Every function imports this module at start, and these names are only needed for types.
    from collections.abc import Mapping
    from pathlib import Path

    from modelfleet.registry.alias_move import AliasMove


@dataclass(frozen=True)
class ModelDescription:
    """Signature of a model file, for users who load it from the registry.

    `columns` and `answer` name the input columns and the output, all float32; `example` contains
    encoded rows, shape (n, columns), and `requirements` the libraries needed to run the model.
    """

    file: str
    columns: tuple[str, ...]
    answer: str
    example: tuple[tuple[float, ...], ...]
    requirements: tuple[str, ...]


@dataclass(frozen=True)
class RunDescription:
    """What people see of a run in a list: its name, author, source, and data set."""

    name: str
    author: str
    source: str
    dataset: str
    dataset_digest: str
    rows: int


class ExperimentLog(Protocol):
    """Record of a training run."""

    @property
    def run_id(self) -> str:
        """ID of the run in the registry's database."""
        ...

    def describe(self, description: RunDescription) -> None:
        """Record what people see in a list; a later description replaces the name."""
        ...

    def parameters(self, values: Mapping[str, Any]) -> None:
        """Record parameters."""
        ...

    def metrics(self, values: Mapping[str, float]) -> None:
        """Record metrics."""
        ...

    def tags(self, values: Mapping[str, str]) -> None:
        """Record tags."""
        ...

    def artifact(self, path: Path, folder: str = "") -> None:
        """Record a file."""
        ...

    def model(self, folder: str, description: ModelDescription) -> None:
        """Describe a folder of recorded files so that the registry's tools load it as a model."""
        ...


class ModelRegistry(Protocol):
    """Registry of runs and registered versions."""

    def start_run(self, model: str, execution: str) -> ExperimentLog:
        """Create a run in the model's experiment, or reopen the execution's run."""
        ...

    def open_run(self, run_id: str) -> ExperimentLog:
        """Reopen a run that another step started."""
        ...

    def finish_run(self, run_id: str, *, failed: bool = False) -> None:
        """Close a run."""
        ...

    def register(self, model: str, run_id: str, source: str, tags: Mapping[str, str]) -> str:
        """Register the run as a version and return it; idempotent."""
        ...

    def aliases(self, model: str) -> Mapping[str, str]:
        """Return the version of each alias; empty if no version is registered."""
        ...

    def move_alias(self, move: AliasMove) -> None:
        """Point an alias to the move's version, or remove it; called only by `registry.aliases`."""
        ...
