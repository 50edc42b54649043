"""Model registry on MLflow's database: runs, registered versions, aliases."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import (
    Dataset,
    DatasetInput,
    InputTag,
    Metric,
    Param,
    Run,
    RunTag,
    SourceType,
)
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import (
    RESOURCE_ALREADY_EXISTS,
    TEMPORARILY_UNAVAILABLE,
    ErrorCode,
)
from mlflow.utils.mlflow_tags import (
    MLFLOW_DATASET_CONTEXT,
    MLFLOW_SOURCE_NAME,
    MLFLOW_SOURCE_TYPE,
    MLFLOW_USER,
)

from modelfleet.adapters.mlflow_model import write_model_files
from modelfleet.adapters.mlflow_schema import tables_locked
from modelfleet.registry.alias_move import AliasMove
from modelfleet.registry.model_registry import ModelDescription, RunDescription

_TAGS_LIMIT = 5_000
_VALUE_LIMIT = 6_000
_AT_ONCE = 100
_EXECUTION = "execution"
# MLflow's pages then show runs, not the traces of a language model.
_TRAINS_MODELS = {"mlflow.experimentKind": "custom_model_development"}


class TranslatedClient:
    """MLflow's client, raising `ConnectionError` if the database is temporarily unavailable.

    MLflow wraps every error in the same class, but retries depend on the class.
    """

    def __init__(self, client: MlflowClient) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._client, name)

        @wraps(method)
        def translated(*arguments: Any, **named: Any) -> Any:
            with _unavailability_translated():
                return method(*arguments, **named)

        return translated


class MlflowRun:
    """An `ExperimentLog` that writes to one MLflow run."""

    def __init__(self, client: TranslatedClient, run_id: str) -> None:
        self._client = client
        self._run_id = run_id

    @property
    def run_id(self) -> str:
        """ID of the run."""
        return self._run_id

    def describe(self, description: RunDescription) -> None:
        """Fill in MLflow's columns of a run; see `ExperimentLog.describe`."""
        self._client.update_run(self._run_id, name=description.name)
        self.tags(
            {
                MLFLOW_USER: description.author,
                MLFLOW_SOURCE_TYPE: SourceType.to_string(SourceType.PROJECT),
                MLFLOW_SOURCE_NAME: description.source,
            }
        )
        dataset = Dataset(
            name=description.dataset,
            digest=description.dataset_digest,
            source_type="modelfleet",
            source=description.dataset,
            profile=json.dumps({"num_rows": description.rows}),
        )
        context = InputTag(MLFLOW_DATASET_CONTEXT, "training")
        self._client.log_inputs(self._run_id, [DatasetInput(dataset, [context])])

    def parameters(self, values: Mapping[str, Any]) -> None:
        """Record parameters; repeating the same values has no effect."""
        params = [Param(name, _storable(value, _VALUE_LIMIT)) for name, value in values.items()]
        for start in range(0, len(params), _AT_ONCE):
            self._client.log_batch(self._run_id, params=params[start : start + _AT_ONCE])

    def metrics(self, values: Mapping[str, float]) -> None:
        """Record metrics, timestamped with the run's start so that a retry adds no points."""
        start = self._client.get_run(self._run_id).info.start_time
        metrics = [Metric(name, float(value), start, 0) for name, value in values.items()]
        self._client.log_batch(self._run_id, metrics=metrics)

    def tags(self, values: Mapping[str, str]) -> None:
        """Record tags, overwriting those of the same name."""
        tags = [RunTag(name, _storable(value, _TAGS_LIMIT)) for name, value in values.items()]
        self._client.log_batch(self._run_id, tags=tags)

    def artifact(self, path: Path, folder: str = "") -> None:
        """Upload a file to the run's folder below the artifact root."""
        self._client.log_artifact(self._run_id, str(path), folder or None)

    def model(self, folder: str, description: ModelDescription) -> None:
        """Describe a folder's model for MLflow's tools; see `ExperimentLog.model`."""
        with TemporaryDirectory() as written:
            for path in write_model_files(Path(written), description, self._run_id, folder):
                self.artifact(path, folder)


class MlflowRegistry:
    """A `ModelRegistry` on MLflow's database, without a tracking server.

    Parameters
    ----------
    tracking_uri
        URL of the database, such as `postgresql+psycopg://user@host:5432/mlflow`.
    artifact_root
        Root of the runs' files, such as `s3://bucket/mlflow`, with one folder per experiment.
    """

    def __init__(self, tracking_uri: str, artifact_root: str) -> None:
        self._artifact_root = artifact_root.rstrip("/")
        with tables_locked(tracking_uri), _unavailability_translated():
            self._client = TranslatedClient(MlflowClient(tracking_uri, tracking_uri))
            # The first query makes the client open its stores, which creates missing tables.
            self._client.search_experiments(max_results=1)
            self._client.search_registered_models(max_results=1)

    def start_run(self, model: str, execution: str) -> MlflowRun:
        """Create or reopen a run; see `ModelRegistry.start_run`."""
        experiment = self._experiment(model)
        # Its name is for people, and changes once it has a version.
        found = self._client.search_runs([experiment], f"tags.{_EXECUTION} = '{execution}'")
        run: Run = (
            found[0]
            if found
            else self._client.create_run(
                experiment, run_name=execution, tags={_EXECUTION: execution}
            )
        )
        return self.open_run(run.info.run_id)

    def open_run(self, run_id: str) -> MlflowRun:
        """Reopen a run and mark it as running, even if an earlier attempt ended it."""
        self._client.update_run(run_id, status="RUNNING")
        return MlflowRun(self._client, run_id)

    def finish_run(self, run_id: str, *, failed: bool = False) -> None:
        """Close a run; see `ModelRegistry.finish_run`."""
        self._client.set_terminated(run_id, "FAILED" if failed else "FINISHED")

    def register(self, model: str, run_id: str, source: str, tags: Mapping[str, str]) -> str:
        """Register the run as a version; see `ModelRegistry.register`."""
        self._create_registered_model(model)
        found = self._client.search_model_versions(f"name = '{model}' and run_id = '{run_id}'")
        if found:
            return str(found[0].version)
        storable = {name: _storable(value, _TAGS_LIMIT) for name, value in tags.items()}
        created = self._client.create_model_version(model, source, run_id, storable)
        return str(created.version)

    def aliases(self, model: str) -> Mapping[str, str]:
        """Return the version of each alias; see `ModelRegistry.aliases`."""
        found = self._client.search_registered_models(f"name = '{model}'")
        named = found[0].aliases if found else {}
        return {alias: str(version) for alias, version in named.items()}

    def move_alias(self, move: AliasMove) -> None:
        """Move or remove an alias, and record the reason as a tag of the version."""
        if move.version is None:
            self._client.delete_registered_model_alias(move.model, move.alias.value)
            return
        tag, line = f"alias.{move.alias}", _storable(move.line, _TAGS_LIMIT)
        self._client.set_model_version_tag(move.model, move.version, tag, line)
        self._client.set_registered_model_alias(move.model, move.alias.value, move.version)

    def _experiment(self, model: str) -> str:
        found = self._client.get_experiment_by_name(model)
        if found is not None:
            return str(found.experiment_id)
        with _ignore_existing():
            root = f"{self._artifact_root}/{model}"
            self._client.create_experiment(model, root, _TRAINS_MODELS)
        return str(self._client.get_experiment_by_name(model).experiment_id)

    def _create_registered_model(self, model: str) -> None:
        if not self._client.search_registered_models(f"name = '{model}'"):
            with _ignore_existing():
                self._client.create_registered_model(model)


def _storable(value: object, limit: int) -> str:
    """Truncate a value to MLflow's limit, and replace NUL, which PostgreSQL cannot store."""
    return str(value)[:limit].replace("\0", "\N{REPLACEMENT CHARACTER}")


@contextmanager
def _unavailability_translated() -> Iterator[None]:
    try:
        yield
    except MlflowException as error:
        if error.error_code == ErrorCode.Name(TEMPORARILY_UNAVAILABLE):
            raise ConnectionError("cannot connect to MLflow's database") from error
        raise


@contextmanager
def _ignore_existing() -> Iterator[None]:
    """Ignore that a concurrent execution has already created the resource."""
    try:
        yield
    except MlflowException as error:
        if error.error_code != ErrorCode.Name(RESOURCE_ALREADY_EXISTS):
            raise
