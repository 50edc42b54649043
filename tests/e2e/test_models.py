"""Registered versions on the deployed local cloud: their list, their cards and their aliases."""

from collections.abc import Callable
from getpass import getuser
from pathlib import Path
from typing import Any

import httpx
import pytest
from mlflow import MlflowClient

from cli.local_cloud.layout import Layout
from cli.local_cloud.processes.record import read_record
from tests.e2e.conftest import MODEL, Fleet

pytestmark = pytest.mark.e2e


def moves(fleet: Fleet) -> list[dict[str, Any]]:
    """Every recorded move of an alias, the oldest first."""
    found: list[dict[str, Any]] = fleet.ask("models", MODEL, "--moves", "--json")["moves"]
    return found


@pytest.fixture(scope="module")
def rolled_back(fleet: Fleet, second_release: dict[str, Any]) -> str:
    """Version 1 serves again; the reason on record, whichever test took the second one back."""
    reason = "manual rollback"
    if fleet.ask("status", "--json")["models"][MODEL]["champion"] == second_release["champion"]:
        reason = "scores look wrong"
        assert fleet.ask("rollback", MODEL, "--reason", reason, "--json")["champion"] == "1"
    return f"rollback: {reason}"


def test_versions_are_listed(fleet: Fleet, second_release: dict[str, Any]) -> None:
    """Each version has its metrics, its data set version and its run; the newest comes first."""
    found = fleet.ask("models", MODEL, "--json")["versions"]
    assert [version["version"] for version in found] == ["2", "1"]
    assert found[0]["run_id"] == second_release["output"]["trained"]["run_id"]
    data = [version["data"]["dataset_version"] for version in found]
    assert data[0] == second_release["output"]["prepared"]["dataset_version"]
    assert data[0] != data[1]
    assert all(0.5 < version["metrics"]["roc_auc"] <= 1.0 for version in found)


def test_versions_are_compared(second_release: dict[str, Any]) -> None:
    """Two versions answer for the same held-out rows, on which the gate compared them as well."""
    told = second_release["compared"]
    gate = second_release["output"]["evaluated"]["comparison"]
    assert (told["versions"], told["rows"]) == (["1", "2"], gate["rows"])
    assert told["primary"] == pytest.approx(gate["primary"])
    assert [test["name"] for test in told["others"]][-1] == "McNemar"
    assert {"1", "2"} == told["metrics"].keys()


def test_release_moves_aliases_on_record(fleet: Fleet, second_release: dict[str, Any]) -> None:
    """Each alias that the second release moved has a record with its execution and its reason."""
    execution = second_release["execution"].rpartition(":")[2]
    made = [move for move in moves(fleet) if move["execution"] == execution]
    assert [(move["alias"], move["version"]) for move in made[:1]] == [("challenger", "2")]
    assert {(move["alias"], move["version"]) for move in made[1:]} == {
        ("champion", "2"),
        ("previous", "1"),
        ("challenger", None),
    }
    why = "; ".join(second_release["output"]["evaluated"]["verdict"]["reasons"])
    assert {move["reason"] for move in made} == {f"promote: {why}", why}


def test_rollback_moves_aliases_on_record(
    fleet: Fleet, layout: Layout, rolled_back: str, follow_aliases: Callable[[dict[str, str]], None]
) -> None:
    """After a rollback MLflow's aliases follow by themselves, under the name of who typed it."""
    follow_aliases({"champion": "1", "previous": "2"})
    last = moves(fleet)[-2:]
    assert {(move["alias"], move["version"]) for move in last} == {
        ("champion", "1"),
        ("previous", "2"),
    }
    assert {(move["moved_by"], move["reason"]) for move in last} == {(getuser(), rolled_back)}
    record = read_record(layout)
    assert record is not None
    client = MlflowClient(tracking_uri=record.tracking_uri, registry_uri=record.tracking_uri)
    tags = client.get_model_version(MODEL, "1").tags
    assert rolled_back in tags["alias.champion"]


def test_card_through_the_api(
    fleet: Fleet,
    http: httpx.Client,
    rolled_back: str,
    follow_version: Callable[[str], httpx.Response],
) -> None:
    """`GET /model` links the card of what serves; on a laptop a browser opens it without a key."""
    assert rolled_back
    follow_version("1")
    about = http.get(f"/{MODEL}/model")
    card = httpx.get(about.url.join(about.json()["card"]))
    assert card.status_code == httpx.codes.OK
    assert card.headers["content-type"].startswith("text/html")
    assert "Verdict on version 1" in card.text
    told = fleet.ask("card", MODEL, "1", "--json")
    copy = Path(told["card"]).read_text(encoding="utf-8")
    # Only the copy has no links to the pages around it.
    assert copy.partition("</nav>")[2] == card.text.partition("</nav>")[2] != ""
