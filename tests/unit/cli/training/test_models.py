"""`fleet models` and `fleet card`, with buckets in memory."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.app import app
from cli.cloud import Cloud
from cli.local_cloud.layout import HOME_VARIABLE
from cli.output.errors import FleetError
from modelfleet.adapters.memory_registry import MemoryRegistry
from modelfleet.adapters.object_store import memory_store
from modelfleet.catalogue import find
from modelfleet.registry.alias_move import Alias, AliasMove
from modelfleet.registry.aliases import move_alias
from modelfleet.registry.manifest import CARD_FILE, MANIFEST_FILE, BundleManifest
from modelfleet.spec.errors import BundleError
from modelfleet.statistics.results import CandidateScore, Estimate, Evaluation, Selection
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
from tests.serving import CARD, NOW, put_bundle, put_pointer

SPEC = find("bankchurn")


class MemoryCloud:
    """A stage with a single bucket, in memory."""

    def __init__(self) -> None:
        self.artifacts = memory_store()

    def store(self, _bucket: object) -> ObjectStore:
        """The artifacts bucket."""
        return self.artifacts


@pytest.fixture(autouse=True)
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ObjectStore:
    """Every stage is the same empty one."""
    memory = MemoryCloud()
    monkeypatch.setattr(Cloud, "connect", lambda *_: memory)
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    return memory.artifacts


def run(*arguments: str) -> Result:
    """Run a command; raise its error."""
    return CliRunner().invoke(app, arguments, catch_exceptions=False)


def registered_only(store: ObjectStore, version: str) -> None:
    """Register a version that the gate does not release."""
    move = AliasMove(
        model="bankchurn",
        alias=Alias.CHALLENGER,
        version=version,
        moved_by="register, retraining by schedule",
        moved_at=NOW + timedelta(days=1),
        reason="keep: no significant improvement",
        execution="weekly-7",
    )
    move_alias(MemoryRegistry(), store, move)


@pytest.fixture
def fleet(store: ObjectStore) -> ObjectStore:
    """Ten versions: 9 is the champion, 8 the previous one, and 10 was not released."""
    for version in range(1, 11):
        put_bundle(store, SPEC, str(version))
    put_pointer(store, "bankchurn", "9", previous="8")
    registered_only(store, "10")
    return store


@pytest.mark.usefixtures("fleet")
def test_versions_are_listed_newest_first() -> None:
    """Version 10 is newer than 9, and each has its aliases, metrics, and data."""
    found = json.loads(run("models", "bankchurn", "--json").stdout)
    assert [v["version"] for v in found["versions"]] == [str(n) for n in range(10, 0, -1)]
    aliases = {v["version"]: v["aliases"] for v in found["versions"] if v["aliases"]}
    assert aliases == {"10": ["challenger"], "9": ["champion"], "8": ["previous"]}
    first = found["versions"][0]
    assert first["metrics"] == {"roc_auc": 0.8}
    assert first["data"]["dataset_version"] == "d1"
    assert "encoding" not in first


@pytest.mark.usefixtures("fleet")
def test_people_get_a_table() -> None:
    """A row has version, alias, primary metric, estimator, data set version, and date."""
    lines = run("models", "bankchurn", "--last", "2").stdout.splitlines()
    first = next(n for n, line in enumerate(lines) if "champion" in line)
    row = " ".join(lines[first : first + 3])
    assert all(told in row for told in ("9", "roc_auc 0.8000", "linear", "data d1", "2026-01-05"))
    assert (
        lines[-1] == "not shown: 8 older versions; list more with `fleet models bankchurn --last N`"
    )


def test_a_single_version_has_all_metrics(fleet: ObjectStore) -> None:
    """Intervals, the threshold's reason, and the candidates are shown if recorded."""
    key = f"{keys.bundle('bankchurn', '9')}/{MANIFEST_FILE}"
    candidates = tuple(
        CandidateScore(name=name, scores=(0.8, 0.9), mean=0.85, spread=0.05)
        for name in ("xgboost", "voting")
    )
    blend = candidates[0].model_copy(
        update={"name": "blend", "weights": {"xgboost": 0.7, "voting": 0.3}}
    )
    known = {
        "evaluation": Evaluation(
            rows=100, metrics={"roc_auc": Estimate(value=0.8, lower=0.75, upper=0.85)}
        ),
        "selection": Selection(
            metric="roc_auc",
            folds=2,
            rows=9,
            candidates=(*candidates, blend),
            chosen="voting",
            reason="voting has the best mean",
        ),
    }
    manifest = BundleManifest.parse(fleet.get(key).content).model_copy(update=known)
    fleet.put(key, manifest.model_dump_json().encode())
    text = run("models", "bankchurn", "9").stdout
    assert "bankchurn 9 (champion): linear" in text
    assert "0.7500 to 0.8500" in text
    assert "threshold 0.4000" in text
    (chosen,) = [line for line in text.splitlines() if "chosen" in line]
    assert "voting" in chosen
    assert "70% xgboost, 30% voting" in " ".join(text.split())
    assert "voting has the best mean" in text
    assert json.loads(run("models", "bankchurn", "9", "--json").stdout)["aliases"] == ["champion"]


@pytest.mark.usefixtures("fleet")
def test_moves_of_aliases() -> None:
    """Each move has its author, alias, time, reason, and execution."""
    text = run("models", "bankchurn", "--moves").stdout
    for told in ("challenger", "10", "register, retraining by schedule", "weekly-7", "keep: no"):
        assert told in text
    (move,) = json.loads(run("models", "bankchurn", "--moves", "--json").stdout)["moves"]
    assert move["execution"] == "weekly-7"


def test_without_versions_the_error_says_what_to_do() -> None:
    """The error contains the command to train one."""
    with pytest.raises(FleetError, match="fleet retrain bankchurn"):
        run("models", "bankchurn")
    with pytest.raises(FleetError, match="no alias"):
        run("models", "bankchurn", "--moves")
    with pytest.raises(BundleError, match="fleet retrain bankchurn"):
        run("card", "bankchurn")


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize("command", ["models", "card"])
def test_an_unknown_version(command: str) -> None:
    """The error lists the registered versions."""
    with pytest.raises(BundleError, match="no version 99; the versions are 10, 9, 8"):
        run(command, "bankchurn", "99")


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize(("typed", "meant"), [("v9", "9"), ("version-8", "8"), ("010", "10")])
def test_a_version_written_differently(typed: str, meant: str) -> None:
    """The error suggests the version that is meant."""
    with pytest.raises(BundleError, match=f"no version {typed}; did you mean {meant}\\?"):
        run("models", "bankchurn", typed)


@pytest.mark.usefixtures("fleet")
def test_the_card_defaults_to_the_champions(tmp_path: Path) -> None:
    """The card is written to --page or to the local folder."""
    told = json.loads(run("card", "bankchurn", "--json").stdout)
    assert told["version"] == "9"
    assert Path(told["card"]).read_bytes() == CARD
    page = tmp_path / "own" / "card.html"
    assert "bankchurn 2" in run("card", "bankchurn", "2", "--page", str(page)).stdout
    assert page.read_bytes() == CARD


@pytest.mark.parametrize(("generated", "told"), [(True, "generated rows"), (False, "loaded rows")])
def test_it_is_said_whether_the_rows_were_generated(
    fleet: ObjectStore, generated: bool, told: str
) -> None:
    """In the list of versions, for a single one, and with its card."""
    key = f"{keys.bundle('bankchurn', '9')}/{MANIFEST_FILE}"
    manifest = BundleManifest.parse(fleet.get(key).content)
    data = manifest.data.model_copy(update={"generated": generated})
    fleet.put(key, manifest.model_copy(update={"data": data}).model_dump_json().encode())
    for command in (("models", "bankchurn", "9"), ("card", "bankchurn")):
        assert f"{told} of data set d1" in run(*command).stdout
    listed = run("models", "bankchurn").stdout.splitlines()
    assert any(f"data d1, {told}" in line for line in listed)
    assert json.loads(run("card", "bankchurn", "--json").stdout)["data"]["generated"] is generated


def test_card_opens_in_the_browser(fleet: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--open` opens the page, but never an altered one."""
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    run("card", "bankchurn", "--open")
    assert opened[0].startswith("file:///")
    assert opened[0].endswith("bankchurn-9.html")
    fleet.put(f"{keys.bundle('bankchurn', '9')}/{CARD_FILE}", b"altered")
    with pytest.raises(BundleError, match="checksum"):
        run("card", "bankchurn", "--open")
    assert len(opened) == 1


@pytest.mark.parametrize("command", ["models", "card"])
def test_each_help_has_an_example(command: str) -> None:
    """The help of both commands has an example."""
    assert f"Example: fleet {command}" in run(command, "--help").stdout
