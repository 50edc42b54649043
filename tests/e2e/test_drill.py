"""A disaster and its end: database and bundle are destroyed, and the same answers come back."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from mlflow import MlflowClient
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from cli.cloud import Cloud
from cli.drill.local_database import LocalBackups
from cli.local_cloud.layout import Layout
from cli.local_cloud.processes.record import read_record
from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.catalogue import find
from modelfleet.registry.manifest import MODEL_FILE
from modelfleet.resource_names import Output
from modelfleet.serving.load import load
from modelfleet.spec.errors import ModelfleetError
from modelfleet.storage import keys
from tests.e2e.conftest import MODEL, Fleet, example

pytestmark = pytest.mark.e2e


def test_the_same_answers_come_back(
    cloud: Cloud,
    fleet: Fleet,
    layout: Layout,
    http: httpx.Client,
    first_release: dict[str, Any],
) -> None:
    """The drill finds all in the backups, touches nothing live unless asked, and then mends it."""
    assert first_release["champion"]
    champion = fleet.ask("status", "--json")["models"][MODEL]["champion"]
    answered, registered = _answer(http), _registered(layout)
    fleet.ask("drill", "backup", "--json")
    destroyed = _destroy(cloud, layout, champion)

    rehearsed = fleet.ask("drill", "restore", "--json")
    assert rehearsed["holds"] is True
    assert rehearsed["models"][MODEL]["champion"] == champion
    assert rehearsed["models"][MODEL]["rows"] >= 20
    assert rehearsed["brought_back"] is None
    with pytest.raises(ModelfleetError):
        _load(cloud, champion)

    restored = fleet.ask("drill", "restore", "--bring-back", "--json")
    assert restored["brought_back"] >= destroyed
    assert restored["rto_seconds"] < restored["rto_limit_seconds"]
    assert 0 < restored["rpo_seconds"] < restored["rpo_limit_seconds"]
    assert _load(cloud, champion).manifest.version == champion
    assert (_answer(http), _registered(layout)) == (answered, registered)


def test_an_empty_backup_fails(fleet: Fleet, layout: Layout, first_release: dict[str, Any]) -> None:
    """A dump of a database in which nothing is, is found out: one line, and exit code 1."""
    assert first_release["champion"]
    empty = make_url(_address(layout)).set(database="template1")
    address = empty.render_as_string(hide_password=False)
    file = LocalBackups(layout.backups, address).back_up(datetime.now(UTC))
    refused = fleet.run("drill", "restore")
    file.unlink()
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-1].startswith("fleet: the backup contains no registry")


def _destroy(cloud: Cloud, layout: Layout, champion: str) -> int:
    """Empty the database, delete a bundle's files but one, and damage that; gives their number."""
    _execute(layout, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    client, bucket = cloud.client("s3"), cloud.output(Output.ARTIFACTS_BUCKET)
    folder = keys.bundle(MODEL, champion)
    files = list(cloud.store(Output.ARTIFACTS_BUCKET).keys(folder))
    for key in files:
        client.delete_object(Bucket=bucket, Key=key)
    client.put_object(Bucket=bucket, Key=f"{folder}/{MODEL_FILE}", Body=b"damaged")
    return len(files)


def _answer(http: httpx.Client) -> dict[str, Any]:
    answer = http.post(f"/{MODEL}/predict", json=example()).raise_for_status().json()
    return {name: answer[name] for name in ("version", "label", "probability", "threshold", "risk")}


def _registered(layout: Layout) -> dict[str, Any]:
    address = _address(layout)
    client = MlflowClient(address, address)
    versions = client.search_model_versions(f"name = '{MODEL}'")
    runs = [client.get_run(each.run_id).data.metrics for each in versions]
    return {
        "versions": [(each.version, each.run_id, each.tags) for each in versions],
        "metrics": runs,
        "aliases": client.get_registered_model(MODEL).aliases,
    }


def _load(cloud: Cloud, version: str) -> Any:
    return load(cloud.store(Output.ARTIFACTS_BUCKET), find(MODEL), version, OnnxScorer)


def _execute(layout: Layout, *statements: str) -> None:
    with create_engine(_address(layout), poolclass=NullPool).begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def _address(layout: Layout) -> str:
    record = read_record(layout)
    assert record is not None
    return record.tracking_uri
