"""MLflow's interface opens on the training runs."""

import re
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest

from cli.local_cloud.layout import Layout
from cli.local_cloud.processes import mlflow_ui
from cli.local_cloud.processes.record import CloudRecord
from cli.output.errors import FleetError

PORT = 5000
BASE = f"http://mlflow.localhost:{PORT}"

# Where the pages find out whether their server is this machine.
_OFFERED = re.compile(r"const e=window\.location\.hostname;return[^}]*}")


@pytest.mark.parametrize(
    ("found", "address"),
    [
        ({}, BASE),
        ({"Default": "0"}, BASE),
        ({"Default": "0", "leads": "3"}, f"{BASE}/#/experiments/3/runs"),
        (
            {"leads": "10", "bankchurn": "9", "gone": "4"},
            f"{BASE}/#/compare-experiments/s?experiments=%5B%229%22%2C%2210%22%5D",
        ),
    ],
)
def test_it_opens_on_the_runs(
    found: dict[str, str], address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the models of the project, each of which is an experiment."""

    def search(url: str, **_: object) -> httpx.Response:
        listed = [{"name": name, "experiment_id": number} for name, number in found.items()]
        answer = {"experiments": listed} if listed else {}
        return httpx.Response(200, json=answer, request=httpx.Request("POST", url))

    monkeypatch.setattr(httpx, "post", search)
    assert mlflow_ui.runs_address(PORT, ("bankchurn", "leads")) == address


def test_it_opens_on_one_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run's address names its experiment; an unknown run is refused in one sentence."""

    def get(url: str, params: dict[str, str], **_: object) -> httpx.Response:
        request = httpx.Request("GET", url)
        if params["run_id"] != "r1":
            return httpx.Response(404, json={}, request=request)
        info = {"run_id": "r1", "experiment_id": "3"}
        return httpx.Response(200, json={"run": {"info": info}}, request=request)

    monkeypatch.setattr(httpx, "get", get)
    assert mlflow_ui.run_address(PORT, "r1") == f"{BASE}/#/experiments/3/runs/r1"
    with pytest.raises(FleetError, match="no training run 'r2'"):
        mlflow_ui.run_address(PORT, "r2")


def test_nothing_is_reported(tmp_path: Path) -> None:
    """Neither the server nor its pages send telemetry."""
    record = CloudRecord(port=1, pid=1, tracking_uri="sqlite://")
    found = mlflow_ui._environment(Layout(tmp_path), record, PORT)
    assert found["MLFLOW_DISABLE_TELEMETRY"] == "true"


def test_no_assistant_is_offered(tmp_path: Path) -> None:
    """MLflow's pages offer it on these hosts, and where the server lets others use it."""
    package = find_spec("mlflow")
    assert package is not None
    assert package.origin is not None
    (script,) = Path(package.origin).parent.glob("server/js/build/static/js/main.*.js")
    offered = re.findall(r'"([a-z0-9.:]+)"===e(?=[|}])', _OFFERED.findall(script.read_text())[0])
    assert offered == ["localhost", "127.0.0.1", "::1"]
    assert httpx.URL(BASE).host not in offered
    record = CloudRecord(port=1, pid=1, tracking_uri="sqlite://")
    found = mlflow_ui._environment(Layout(tmp_path), record, PORT)
    assert found["MLFLOW_ENABLE_REMOTE_ASSISTANT"] == "false"
    assert f"mlflow.localhost:{PORT}" in found["MLFLOW_SERVER_ALLOWED_HOSTS"].split(",")
    assert found["MLFLOW_SERVER_CORS_ALLOWED_ORIGINS"] == BASE
