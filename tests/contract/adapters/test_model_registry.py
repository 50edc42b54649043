"""What every model registry must do: MLflow on real PostgreSQL, and the one in memory for tests."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from mlflow import MlflowClient

from modelfleet.adapters.memory_registry import MemoryRegistry
from modelfleet.adapters.mlflow_registry import MlflowRegistry
from modelfleet.registry.alias_move import Alias, AliasMove
from modelfleet.registry.model_registry import ModelRegistry, RunDescription
from tests.postgresql import postgresql
from tests.training import NOW

MODEL = "credit"


def move(model: str, version: str | None) -> AliasMove:
    """The move of the alias champion."""
    return AliasMove(
        model=model,
        alias=Alias.CHAMPION,
        version=version,
        moved_by="ada",
        moved_at=NOW,
        reason="significantly better",
        execution="execution-1",
    )


@pytest.fixture(scope="module")
def database(database_folder: Path) -> Iterator[str]:
    """Run PostgreSQL; gives MLflow's address of it."""
    with postgresql(database_folder / "registry") as address:
        yield address


@pytest.fixture(scope="module")
def artifact_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the runs' files."""
    return tmp_path_factory.mktemp("artifacts")


@pytest.fixture(scope="module")
def mlflow_registry(database: str, artifact_root: Path) -> MlflowRegistry:
    """MLflow's registry, opened twice at once on a database without tables."""
    with ThreadPoolExecutor() as pool:
        opened = [pool.submit(MlflowRegistry, database, artifact_root.as_uri()) for _ in range(2)]
    return opened[0].result()


@pytest.fixture(params=["memory", "mlflow"])
def registry(request: pytest.FixtureRequest) -> ModelRegistry:
    """Each kind of registry."""
    if request.param == "memory":
        return MemoryRegistry()
    found: ModelRegistry = request.getfixturevalue("mlflow_registry")
    return found


def test_run_of_the_same_name_is_gone_on_with(registry: ModelRegistry) -> None:
    """A name opens one run a model, also after it ended, and another name another run."""
    run = registry.start_run(MODEL, "repeated")
    registry.finish_run(run.run_id, failed=True)
    assert registry.start_run(MODEL, "repeated").run_id == run.run_id
    assert registry.open_run(run.run_id).run_id == run.run_id
    assert registry.start_run(MODEL, "another").run_id != run.run_id
    assert registry.start_run("cars", "repeated").run_id != run.run_id


def test_a_described_run_is_gone_on_with(registry: ModelRegistry) -> None:
    """Its name is for people; it is found by its execution."""
    run = registry.start_run(MODEL, "described")
    for name in (f"{MODEL}, manual", f"{MODEL} v1, manual", f"{MODEL} v1, manual"):
        run.describe(described(name))
    assert registry.start_run(MODEL, "described").run_id == run.run_id


def described(name: str) -> RunDescription:
    """What people see of a run."""
    return RunDescription(
        name=name,
        author="ada",
        source="layers/models/churn, code 1f0c",
        dataset="churn d1",
        dataset_digest="d" * 36,
        rows=8_000,
    )


def test_recording_twice_is_no_error(registry: ModelRegistry, tmp_path: Path) -> None:
    """Everything that a step records can be recorded again by its retry."""
    file = tmp_path / "card.html"
    file.write_text("card")
    for _ in range(2):
        run = registry.start_run(MODEL, "recorded")
        run.parameters({"depth": 4, "kind": "boosting", "missing": float("nan")})
        run.metrics({"roc_auc": 0.5})
        run.tags({"trigger": "manual", "reasons": "because"})
        run.artifact(file, "bundle")


def test_one_version_a_run(registry: ModelRegistry) -> None:
    """A run gets one version however often it is asked for, and the next run the next one."""
    first, second = (registry.start_run("versioned", name).run_id for name in ("a", "b"))
    version = registry.register("versioned", first, "runs:/a/bundle", {"execution": "a"})
    assert registry.register("versioned", first, "runs:/a/bundle", {"execution": "a"}) == version
    following = registry.register("versioned", second, "runs:/b/bundle", {"execution": "b"})
    assert int(following) == int(version) + 1


def test_alias_moves_and_goes(registry: ModelRegistry) -> None:
    """An alias can be set, moved and removed, and removed where there is none."""
    versions = [
        registry.register("aliased", registry.start_run("aliased", name).run_id, "runs:/x", {})
        for name in ("a", "b")
    ]
    assert registry.aliases("aliased") == {}
    for version in versions:
        registry.move_alias(move("aliased", version))
        assert registry.aliases("aliased") == {"champion": version}
    for _ in range(2):
        registry.move_alias(move("aliased", None))
        assert registry.aliases("aliased") == {}


def test_unknown_model_has_no_aliases(registry: ModelRegistry) -> None:
    """Before anything is registered there is nothing to name."""
    assert registry.aliases("never-registered") == {}


def test_more_parameters_than_one_call_takes(registry: ModelRegistry) -> None:
    """A run takes as many parameters as a pipeline has, and long ones."""
    run = registry.start_run(MODEL, "many")
    run.parameters({f"pipeline.{number}": "x" * 7_000 for number in range(230)})


def test_mlflow_shows_what_was_recorded(
    mlflow_registry: MlflowRegistry, database: str, artifact_root: Path, tmp_path: Path
) -> None:
    """MLflow's own client sees the run with its status, the version with its tag, and the alias."""
    run = mlflow_registry.start_run("seen", "execution-1")
    run.parameters({"depth": 4})
    run.metrics({"roc_auc": 0.75})
    run.tags({"verdict_reasons": "x" * 20_000})
    (tmp_path / "card.html").write_text("card")
    run.artifact(tmp_path / "card.html", "bundle")
    version = mlflow_registry.register("seen", run.run_id, "runs:/x", {"execution": "execution-1"})
    mlflow_registry.move_alias(move("seen", version))
    for name in ("seen, manual", "seen v1, manual"):
        run.describe(described(name))
    mlflow_registry.finish_run(run.run_id)
    client = MlflowClient(database, database)
    found = client.get_run(run.run_id)
    assert (found.info.run_name, found.info.status) == ("seen v1, manual", "FINISHED")
    (used,) = found.inputs.dataset_inputs
    assert (used.dataset.name, json.loads(used.dataset.profile)) == ("churn d1", {"num_rows": 8000})
    assert found.data.tags["mlflow.user"] == "ada"
    assert (found.data.params, found.data.metrics) == ({"depth": "4"}, {"roc_auc": 0.75})
    assert (artifact_root / "seen" / run.run_id / "artifacts/bundle/card.html").exists()
    named = client.get_model_version_by_alias("seen", "champion")
    why = "2026-01-05 12:00:00 by ada, execution execution-1: significantly better"
    tags = {"execution": "execution-1", "alias.champion": why}
    assert (str(named.version), named.tags) == (version, tags)
