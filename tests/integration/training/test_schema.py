"""MLflow's tables belong to one role, and whoever trains can use them and no more."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import ProgrammingError

from modelfleet.adapters.mlflow_registry import MlflowRegistry
from modelfleet.adapters.mlflow_schema import grant_rows, upgrade_schema
from modelfleet.registry.database_users import OWNER, USER, create_users
from tests.postgresql import postgresql

CHANGES = (
    "CREATE TABLE mine (id int)",
    "DROP TABLE runs",
    "ALTER TABLE runs ADD COLUMN mine int",
    "TRUNCATE runs",
    "UPDATE alembic_version SET version_num = 'none'",
    f"SET ROLE {OWNER}",
)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database whose users were made twice by the deployment, and whose tables by their owner."""
    with postgresql(tmp_path_factory.mktemp("database")) as uri:
        with create_engine(uri, isolation_level="AUTOCOMMIT").connect() as master:
            # RDS brings this role along.
            master.execute(text("CREATE ROLE rds_iam"))
            for _ in range(2):
                master.execute(text(create_users()))
        for _ in range(2):
            upgrade_schema(_as(uri, OWNER))
            grant_rows(_as(uri, OWNER), USER)
        yield uri


def _as(uri: str, user: str) -> str:
    return make_url(uri).set(username=user).render_as_string(hide_password=False)


@pytest.fixture
def user(database: str) -> Iterator[Engine]:
    """What the train function signs in as."""
    engine = create_engine(_as(database, USER))
    yield engine
    engine.dispose()


def test_the_user_can_do_all_that_training_does(database: str, tmp_path: Path) -> None:
    """A run, a version and its alias are written and read with the rights on rows alone."""
    registry = MlflowRegistry(_as(database, USER), str(tmp_path))
    run = registry.start_run("bankchurn", "first")
    run.metrics({"roc_auc": 0.8})
    registry.finish_run(run.run_id)
    assert registry.register("bankchurn", run.run_id, "s3://somewhere/1", {"why": "test"}) == "1"


@pytest.mark.parametrize("change", CHANGES)
def test_the_user_can_change_no_table(user: Engine, change: str) -> None:
    """What trains can neither make, change, empty nor drop a table, nor become its owner."""
    with (
        user.connect() as connection,
        pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
    ):
        connection.execute(text(change))


def test_every_table_belongs_to_the_owner(user: Engine) -> None:
    """No table is anybody else's, so that the next upgrade can change them all."""
    with user.connect() as connection:
        owners = connection.execute(
            text("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
        )
        assert [owner for (owner,) in owners] == [OWNER]
