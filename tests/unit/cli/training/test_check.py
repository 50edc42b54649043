"""`fleet check`: contract tests, training, and serving of one model."""

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
    """A home without a cloud, and only the fastest contract tests."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    monkeypatch.setattr(model_check, "_CONTRACT", ("tests/contract/models/test_specs.py",))


def test_a_model_is_checked_from_contract_to_latency(tmp_path: Path) -> None:
    """JSON has the tests' counts, metrics with intervals, the verdict, and latencies."""
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


def test_failed_contract_tests_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A failed test is named, and the model is not good."""
    broken = tmp_path / "test_broken.py"
    broken.write_text('def test_telecom_breaks() -> None:\n    raise ValueError("no")\n')
    monkeypatch.setattr(model_check, "_CONTRACT", (str(broken),))
    found = model_check.run_contract_tests("telecom")
    assert (found.passed, found.failed) == (0, 1)
    assert "test_telecom_breaks" in found.failures[0]


def test_contract_tests_that_do_not_run_are_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No failures does not mean success if no test ran."""
    empty = tmp_path / "test_empty.py"
    empty.write_text("")
    monkeypatch.setattr(model_check, "_CONTRACT", (str(empty),))
    with pytest.raises(FleetError, match="did not run"):
        model_check.run_contract_tests("telecom")
