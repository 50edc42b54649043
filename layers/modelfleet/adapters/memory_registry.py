"""In-memory model registry, for training without a cloud and for tests."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelfleet.registry.alias_move import AliasMove
from modelfleet.registry.model_registry import ModelDescription, RunDescription
from modelfleet.spec.errors import ConflictError


@dataclass
class MemoryRun:
    """An `ExperimentLog` in memory."""

    run_id: str
    status: str = "RUNNING"
    recorded_parameters: dict[str, str] = field(default_factory=dict)
    recorded_metrics: dict[str, float] = field(default_factory=dict)
    recorded_tags: dict[str, str] = field(default_factory=dict)
    artifacts: dict[str, bytes] = field(default_factory=dict)
    models: dict[str, ModelDescription] = field(default_factory=dict)
    description: RunDescription | None = None

    def describe(self, description: RunDescription) -> None:
        """Record what people see; see `ExperimentLog.describe`."""
        self.description = description

    def parameters(self, values: Mapping[str, Any]) -> None:
        """Record parameters, which are immutable; see `ExperimentLog.parameters`."""
        for name, value in values.items():
            if self.recorded_parameters.setdefault(name, str(value)) != str(value):
                raise ConflictError(
                    f"run {self.run_id}: {name} is already recorded with another value"
                )

    def metrics(self, values: Mapping[str, float]) -> None:
        """Record metrics."""
        self.recorded_metrics.update(values)

    def tags(self, values: Mapping[str, str]) -> None:
        """Record tags."""
        self.recorded_tags.update(values)

    def artifact(self, path: Path, folder: str = "") -> None:
        """Record a file."""
        self.artifacts[f"{folder}/{path.name}" if folder else path.name] = path.read_bytes()

    def model(self, folder: str, description: ModelDescription) -> None:
        """Record the description of a folder's model."""
        self.models[folder] = description


class MemoryRegistry:
    """A `ModelRegistry` in memory."""

    def __init__(self) -> None:
        self.runs: dict[str, MemoryRun] = {}
        self.versions: dict[str, dict[str, str]] = {}
        self.sources: dict[str, tuple[str, dict[str, str]]] = {}
        self.named: dict[str, dict[str, str]] = {}
        self._names: dict[tuple[str, str], str] = {}

    def start_run(self, model: str, execution: str) -> MemoryRun:
        """Create or reopen a run; see `ModelRegistry.start_run`."""
        run_id = self._names.setdefault((model, execution), f"run-{len(self._names) + 1}")
        self.runs.setdefault(run_id, MemoryRun(run_id))
        return self.open_run(run_id)

    def open_run(self, run_id: str) -> MemoryRun:
        """Reopen a run; see `ModelRegistry.open_run`."""
        self.runs[run_id].status = "RUNNING"
        return self.runs[run_id]

    def finish_run(self, run_id: str, *, failed: bool = False) -> None:
        """Close a run; see `ModelRegistry.finish_run`."""
        self.runs[run_id].status = "FAILED" if failed else "FINISHED"

    def register(self, model: str, run_id: str, source: str, tags: Mapping[str, str]) -> str:
        """Register the run as a version; see `ModelRegistry.register`."""
        versions = self.versions.setdefault(model, {})
        self.sources[run_id] = (source, dict(tags))
        return versions.setdefault(run_id, str(len(versions) + 1))

    def aliases(self, model: str) -> Mapping[str, str]:
        """Return the version of each alias; see `ModelRegistry.aliases`."""
        return dict(self.named.get(model, {}))

    def move_alias(self, move: AliasMove) -> None:
        """Move or remove an alias; see `ModelRegistry.move_alias`."""
        named = self.named.setdefault(move.model, {})
        if move.version is None:
            named.pop(move.alias, None)
        else:
            named[move.alias] = move.version
