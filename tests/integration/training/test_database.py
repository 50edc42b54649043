"""The registry's database when it is not alone, breaks off, changes its password, or is old."""

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from mlflow import MlflowClient
from mlflow.store.db import utils
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from cdk.shared.transient_errors import CONNECTION_ERRORS
from functions.train.handler import handler
from modelfleet.adapters.aws import database_token
from modelfleet.adapters.mlflow_registry import MlflowRegistry
from modelfleet.adapters.mlflow_schema import upgrade_schema
from modelfleet.bootstrap import training
from modelfleet.registry.alias_move import Alias, AliasMove
from modelfleet.registry.model_registry import ModelRegistry
from modelfleet.retraining.state import Step
from modelfleet.settings import variable
from tests.training import NOW, first_candidate_only

MODEL = "bankchurn"
TRACKING_URI = variable("tracking_uri")
ARTIFACT_ROOT = "s3://artifacts/mlflow"
_PATIENCE_SECONDS = 60.0
_TRIED_AGAIN = (ConnectionError, OperationalError)
WRITTEN = (
    *("experiments", "runs", "params", "metrics", "latest_metrics", "tags"),
    *("registered_models", "model_versions", "model_version_tags", "registered_model_aliases"),
)

# Counts the writes, also those that are taken back, and ends the connection at one of them.
_SAFEGUARD = """
CREATE OR REPLACE FUNCTION break_off() RETURNS trigger AS $$
BEGIN
  IF nextval('writes') = {number} THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
  RETURN NULL;
END $$ LANGUAGE plpgsql;
"""
_TRIGGER = """
CREATE OR REPLACE TRIGGER break_off AFTER INSERT OR UPDATE OR DELETE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION break_off()
"""

NewDatabase = Callable[[], str]
Open = Callable[[], ModelRegistry]


def execute(database: str, *statements: str) -> list[Any]:
    """Run statements outside of a transaction; gives the rows of the last."""
    engine = create_engine(database, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        *_, last = [connection.execute(text(statement)) for statement in statements]
        return list(last) if last.returns_rows else []


def named(database: str, name: str) -> str:
    """The address of another database of the same server."""
    return make_url(database).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="module")
def with_tables(database: str) -> str:
    """Make the database that all others are copies of; gives its name."""
    execute(database, "CREATE DATABASE with_tables")
    assert upgrade_schema(named(database, "with_tables")).before is None
    return "with_tables"


@pytest.fixture(scope="module")
def new_database(database: str, with_tables: str) -> NewDatabase:
    """Give a function that makes a database with MLflow's tables and nothing in them."""
    numbers = count()

    def make() -> str:
        name = f"copy_{next(numbers)}"
        execute(database, f"CREATE DATABASE {name} TEMPLATE {with_tables}")
        return named(database, name)

    return make


@pytest.fixture
def registry_on(
    environment: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], Open]]:
    """Configure the train function for a database; gives what opens its registry."""
    cached = (training.train_settings, training.model_registry)

    def configure(database: str) -> Open:
        monkeypatch.setenv(TRACKING_URI, database)
        for each in cached:
            each.cache_clear()
        return training.model_registry

    yield configure
    for each in cached:
        each.cache_clear()


def move(version: str) -> AliasMove:
    """The move of the alias champion."""
    return AliasMove(
        model=MODEL,
        alias=Alias.CHAMPION,
        version=version,
        moved_by="ada",
        moved_at=NOW,
        reason="significantly better",
        execution="execution-1",
    )


def train(registry: ModelRegistry) -> None:
    """What the step of that name records."""
    run = registry.start_run(MODEL, "execution-1")
    run.parameters({"depth": 4, "estimator": "boosting"})
    run.metrics({"roc_auc": 0.75, "brier": 0.1})
    run.tags({"execution": "execution-1"})


def evaluate(registry: ModelRegistry) -> None:
    """What the step of that name records."""
    run = registry.open_run(registry.start_run(MODEL, "execution-1").run_id)
    run.metrics({"gate": 1.0})
    run.tags({"verdict": "promote"})
    registry.finish_run(run.run_id)


def register(registry: ModelRegistry) -> str:
    """What the step of that name records."""
    run_id = registry.start_run(MODEL, "execution-1").run_id
    version = registry.register(MODEL, run_id, "runs:/x/bundle", {"execution": "execution-1"})
    registry.finish_run(run_id)
    return version


def record(registry: ModelRegistry) -> None:
    """What the step of that name records."""
    registry.move_alias(move(register(registry)))


def retrain(open_registry: Open) -> int:
    """Run the steps, each tried again as the machine does it; answers how many failed."""
    failed = 0
    for step in (train, evaluate, register, record):
        try:
            step(open_registry())
        except _TRIED_AGAIN:
            failed += 1
            step(open_registry())
    return failed


def content(database: str) -> dict[str, Any]:
    """Everything that MLflow shows, but for identities and times."""
    client = MlflowClient(database, database)
    experiments = {each.experiment_id: each.name for each in client.search_experiments()}
    runs = client.search_runs(list(experiments))
    points = {
        f"{run.info.run_name}/{name}": len(client.get_metric_history(run.info.run_id, name))
        for run in runs
        for name in run.data.metrics
    }
    versions = client.search_model_versions(f"name = '{MODEL}'")
    return {
        "experiments": sorted(experiments.values()),
        "runs": [
            (r.info.run_name, r.info.status, r.data.params, r.data.metrics, r.data.tags)
            for r in runs
        ],
        "points": points,
        "versions": [(each.version, each.tags) for each in versions],
        "aliases": client.get_registered_model(MODEL).aliases,
    }


@pytest.fixture(scope="module")
def undisturbed(
    new_database: NewDatabase, environment: pytest.MonkeyPatch
) -> tuple[int, dict[str, Any]]:
    """How many writes an undisturbed retraining makes, and what it leaves."""
    database = new_database()
    break_off_at(database, 0)
    assert retrain(partial(MlflowRegistry, database, ARTIFACT_ROOT)) == 0
    ((writes,),) = execute(database, "SELECT last_value FROM writes")
    return int(writes), content(database)


def break_off_at(database: str, number: int) -> None:
    """Have the connection that makes the write of that number end in the middle of it."""
    statements = [_TRIGGER.format(table=table) for table in WRITTEN]
    counter = "CREATE SEQUENCE IF NOT EXISTS writes"
    execute(database, counter, _SAFEGUARD.format(number=number), *statements)
    execute(database, "ALTER SEQUENCE writes RESTART")


def forget_all(database: str) -> None:
    """Empty the tables, but for the experiment that MLflow makes when it first opens them."""
    tables = ", ".join(table for table in WRITTEN if table != "experiments")
    execute(
        database, f"TRUNCATE {tables} CASCADE", "DELETE FROM experiments WHERE name = 'bankchurn'"
    )


@pytest.mark.no_cover  # the tests below cover the lines; this one repeats them for each write
def test_a_connection_that_ends_at_any_write(
    undisturbed: tuple[int, dict[str, Any]],
    new_database: NewDatabase,
    registry_on: Callable[[str], Open],
) -> None:
    """Whichever write ends the connection, the step's retry leaves what one run would."""
    writes, expected = undisturbed
    assert writes > len(WRITTEN)
    database = new_database()
    # The first write of all is made when the tables are first opened, and then never again.
    for number in (1, *range(1, writes)):
        break_off_at(database, number)
        assert retrain(registry_on(database)) == 1, number
        assert content(database) == expected, number
        forget_all(database)


def test_the_machine_tries_again() -> None:
    """What broken connections end in, the state machine knows by its name as worth another try."""
    assert {error.__name__ for error in _TRIED_AGAIN} <= set(CONNECTION_ERRORS)


def test_no_connection_is_kept(
    new_database: NewDatabase, registry_on: Callable[[str], Open], database: str
) -> None:
    """Between two calls nothing is connected, so that the database can go to sleep."""
    own = new_database()
    train(registry_on(own)())
    connected = "SELECT DISTINCT datname FROM pg_stat_activity WHERE datname IS NOT NULL"
    assert (make_url(own).database,) not in execute(database, connected)


def test_four_registrations_at_once(new_database: NewDatabase) -> None:
    """Runs that are begun and registered at once are one experiment and a version each."""
    database, names = new_database(), [f"execution-{number}" for number in range(4)]

    def run(name: str) -> str:
        registry = MlflowRegistry(database, ARTIFACT_ROOT)
        run_id = registry.start_run(MODEL, name).run_id
        return registry.register(MODEL, run_id, "runs:/x", {"execution": name})

    with ThreadPoolExecutor(len(names)) as people:
        versions = list(people.map(run, names))
    assert sorted(versions) == ["1", "2", "3", "4"]
    client = MlflowClient(database, database)
    experiments = client.search_experiments(filter_string=f"name = '{MODEL}'")
    runs = client.search_runs([each.experiment_id for each in experiments])
    assert len(experiments) == 1
    assert sorted(run.info.run_name for run in runs) == names


def test_two_trainings_at_once(
    new_database: NewDatabase,
    environment: pytest.MonkeyPatch,
    load_rows: Callable[[str, int], None],
) -> None:
    """Two train functions at work on one model lose no run and give no version twice."""
    load_rows("dddddddddddd", 4)
    database = new_database()
    variables = dict(os.environ) | {TRACKING_URI: database}
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as functions:
        started = [
            functions.submit(_train_for_real, variables, execution) for execution in ("ada", "ben")
        ]
        states = {each["execution"]: each for each in (future.result() for future in started)}
    client = MlflowClient(database, database)
    assert [e.name for e in client.search_experiments()].count(MODEL) == 1
    for execution, state in states.items():
        version = client.get_model_version(MODEL, state["registered"]["version"])
        run = client.get_run(version.run_id)
        assert (run.data.tags["execution"], run.info.status) == (execution, "FINISHED")
        assert run.data.metrics["roc_auc"] == state["evaluated"]["metrics"]["roc_auc"]
    assert {state["registered"]["version"] for state in states.values()} == {"1", "2"}


def _train_for_real(variables: dict[str, str], execution: str) -> dict[str, Any]:
    """Run the train function's steps in a process of its own."""
    os.environ.update(variables)
    state = {"model": MODEL, "trigger": "manual", "force": True, "execution": execution}
    with first_candidate_only():
        for step in (Step.PREPARE, Step.TRAIN, Step.EVALUATE, Step.REGISTER):
            state |= {step.result: handler({"step": step.value, "state": state}, None)}
    return state


class RotatedPasswords:
    """Stands in for boto3's client: the token that is valid now."""

    def __init__(self) -> None:
        self.valid = "first"

    def generate_db_auth_token(self, **_: Any) -> str:
        """Make a token."""
        return self.valid


def test_a_rotated_password(
    database: str,
    new_database: NewDatabase,
    registry_on: Callable[[str], Open],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """When the password of yesterday is refused, the next connection comes with that of today."""
    tokens, own = RotatedPasswords(), make_url(new_database())
    monkeypatch.setattr("boto3.client", lambda _: tokens)
    with _password_required(database, own) as address:
        stop = database_token.sign_in_with_tokens(address)
        try:
            registry = registry_on(address)
            train(registry())
            execute(database, "ALTER ROLE mlflow PASSWORD 'second'")
            with pytest.raises(ConnectionError):
                train(registry())
            tokens.valid = "second"
            assert retrain(registry) == 0
        finally:
            stop()
    assert content(named(database, str(own.database)))["points"]["execution-1/gate"] == 1


@contextmanager
def _password_required(database: str, own: URL) -> Iterator[str]:
    """Let the user `mlflow` in with a password alone; gives the user's address."""
    ((file,),) = execute(
        database,
        "CREATE ROLE mlflow LOGIN PASSWORD 'first'",
        "SELECT current_setting('hba_file')",
    )
    address = own.set(username="mlflow", password="").render_as_string(hide_password=False)
    tables = "ALL TABLES IN SCHEMA public", "ALL SEQUENCES IN SCHEMA public", "SCHEMA public"
    owner = own.render_as_string(hide_password=False)
    execute(owner, *(f"GRANT ALL ON {each} TO mlflow" for each in tables))
    rules = Path(file).read_text()
    try:
        Path(file).write_text(f"local all mlflow scram-sha-256\n{rules}")
        execute(database, "SELECT pg_reload_conf()")
        _wait_until_refused(address)
        yield address
    finally:
        Path(file).write_text(rules)
        execute(database, "SELECT pg_reload_conf()")


def _wait_until_refused(address: str) -> None:
    """Wait until the server has read its rules again."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            execute(address, "SELECT 1")
        except OperationalError:
            return
        assert time.monotonic() < deadline


def _older(database: str) -> str:
    """Take the tables back by one revision; gives the revision."""
    engine = create_engine(database, poolclass=NullPool)
    config = utils._get_alembic_config(database)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "-1")
    return str(utils._get_schema_version(engine))


def test_tables_of_the_version_before(new_database: NewDatabase) -> None:
    """What is deployed upgrades them once, also when two come at once, and keeps every run."""
    database = new_database()
    retrain(partial(MlflowRegistry, database, ARTIFACT_ROOT))
    before, older = content(database), _older(database)
    with ThreadPoolExecutor(2) as deployments:
        done = list(deployments.map(upgrade_schema, [database] * 2))
    newest = utils._get_latest_schema_revision()
    assert sorted((each.before, each.after) for each in done) == sorted(
        [(older, newest), (newest, newest)]
    )
    assert content(database) == before


def test_an_upgrade_that_is_broken_off(new_database: NewDatabase) -> None:
    """It leaves the tables as they were, and the next one succeeds."""
    database = new_database()
    older = _older(database)
    execute(
        database,
        "CREATE SEQUENCE writes",
        "CREATE FUNCTION break_off() RETURNS event_trigger AS $$ BEGIN "
        "IF nextval('writes') = 3 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; "
        "END $$ LANGUAGE plpgsql",
        "CREATE EVENT TRIGGER break_off ON ddl_command_end EXECUTE FUNCTION break_off()",
    )
    with pytest.raises(OperationalError):
        upgrade_schema(database)
    assert utils._get_schema_version(create_engine(database, poolclass=NullPool)) == older
    first, second = upgrade_schema(database), upgrade_schema(database)
    assert first.before != first.after == second.before == second.after
