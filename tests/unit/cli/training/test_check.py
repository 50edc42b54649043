"""`fleet check`: contract, training and a served bundle of one model."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.app import app
from cli.datasets.samples import write_sample
from cli.local_cloud.layout import HOME_VARIABLE
from cli.output.errors import FleetError
from cli.training import model_check


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A home without a cloud; and of the contract tests the quickest."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    monkeypatch.setattr(model_check, "_CONTRACT", ("tests/contract/models/test_specs.py",))


def test_a_model_is_checked_from_contract_to_latency(tmp_path: Path) -> None:
    """Programs get the tests' counts, metrics with intervals, the verdict, start and latency."""
    table = write_sample("telecom", tmp_path / "telecom.csv", seed=1, rows=700)
    done = CliRunner().invoke(
        app, ["check", "telecom", "--csv", str(table), "--json"], catch_exceptions=False
    )
    told = json.loads(done.stdout)
    assert told["good"] is True
    assert told["contract"]["passed"] >= 5
    assert told["contract"]["failed"] == 0
    metric = told["metrics"]["roc_auc"]
    assert metric["lower"] < metric["value"] < metric["upper"]
    assert told["verdict"]["decision"] == "promote"
    assert 0 < told["p50_ms"] <= told["p95_ms"] < told["first_answer_ms"]


def test_a_broken_contract_is_counted_and_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A test that fails is told by its name, and the model is not good."""
    broken = tmp_path / "test_broken.py"
    broken.write_text('def test_telecom_breaks() -> None:\n    raise ValueError("no")\n')
    monkeypatch.setattr(model_check, "_CONTRACT", (str(broken),))
    found = model_check.keep_contract("telecom")
    assert (found.passed, found.failed) == (0, 1)
    assert "test_telecom_breaks" in found.failures[0]


def test_contract_tests_that_do_not_run_are_no_success(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nothing that was tested is not the same as nothing that failed."""
    empty = tmp_path / "test_empty.py"
    empty.write_text("")
    monkeypatch.setattr(model_check, "_CONTRACT", (str(empty),))
    with pytest.raises(FleetError, match="did not run"):
        model_check.keep_contract("telecom")
