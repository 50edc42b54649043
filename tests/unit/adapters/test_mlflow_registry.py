"""Which of MLflow's errors are worth a retry, told by their class."""

from typing import Any

import pytest
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import BAD_REQUEST, TEMPORARILY_UNAVAILABLE

from modelfleet.adapters.mlflow_registry import MlflowRun, TranslatedClient


class Failing:
    """A client whose every question ends in the same error."""

    def __init__(self, code: int) -> None:
        self._code = code

    def get_run(self, run_id: str) -> None:
        """Fail, whatever the run."""
        raise MlflowException(f"about {run_id}", self._code)


def test_database_that_is_away_is_a_connection_error() -> None:
    """A database that does not answer is raised as what the retraining machine tries again."""
    with pytest.raises(ConnectionError) as raised:
        TranslatedClient(Failing(TEMPORARILY_UNAVAILABLE)).get_run("x")
    assert isinstance(raised.value.__cause__, MlflowException)


def test_other_errors_stay_what_they_are() -> None:
    """What no waiting cures keeps MLflow's own class and text."""
    with pytest.raises(MlflowException, match="about x"):
        TranslatedClient(Failing(BAD_REQUEST)).get_run("x")


class Recording:
    """A client that keeps what it is given."""

    def __init__(self) -> None:
        self.logged: list[Any] = []

    def log_batch(self, _: str, params: Any = (), tags: Any = ()) -> None:
        """Keep it."""
        self.logged += [*params, *tags]


def test_no_value_holds_what_postgresql_does_not_store() -> None:
    """A NUL, which a category of a table may hold, is replaced in parameters and tags."""
    client = Recording()
    run = MlflowRun(TranslatedClient(client), "r")
    run.parameters({"a": "b\0c", "n": 1})
    run.tags({"t": "\0"})
    assert [each.value for each in client.logged] == ["b\ufffdc", "1", "\ufffd"]
