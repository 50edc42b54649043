"""An unreadable object of one model is named, the others are shown, and it can be restored."""

import io
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from cli.app import app
from cli.cloud import Cloud, Stage
from cli.commands.operations import alerts, report
from cli.output.errors import FleetError
from modelfleet.adapters.object_store import BucketObjectStore, memory_store
from modelfleet.catalogue import find, names
from modelfleet.registry.pointer import Challenger, ReleasePointer
from modelfleet.release.history import ReleaseRecord
from modelfleet.release.requests import RestoreRequest
from modelfleet.release.rollback import restore
from modelfleet.resource_names import Output
from modelfleet.spec.errors import ModelfleetError, ReleaseError
from modelfleet.storage import keys
from tests.serving import put_bundle, put_pointer

MODEL, OTHER = "bankchurn", "telecom"
NOW = datetime(2026, 2, 1, tzinfo=UTC)
BROKEN = [b"", b"{", b"null", b"[]", b"\xff", b'{"model": "bankchurn"}', b"[" * 100_000]


@dataclass
class VersionedCloud:
    """A stage with a versioned bucket, and a function that restores pointers."""

    stage: Stage = Stage.LOCAL
    api_url: str = "http://api"
    api_key: str = "key"
    artifacts: BucketObjectStore = field(default_factory=memory_store)
    versions: list[tuple[str, bytes]] = field(default_factory=list)
    recorded: list[ReleaseRecord] = field(default_factory=list)
    outputs: dict[Output, str] = field(default_factory=dict)

    def store(self, _bucket: object) -> BucketObjectStore:
        """The artifacts bucket."""
        return self.artifacts

    def output(self, name: Output) -> str:
        """Every output's value is its name."""
        return name.value

    def client(self, _service: str) -> "VersionedCloud":
        """Both S3 and Lambda."""
        return self

    def http(self) -> httpx.Client:
        """An API in which every model is ready."""
        transport = httpx.MockTransport(lambda _: httpx.Response(200))
        return httpx.Client(base_url=self.api_url, transport=transport)

    def write(self, model: str, content: bytes) -> None:
        """Write a pointer and keep its earlier versions, as S3 does."""
        self.versions.append((keys.release_pointer(model), content))
        self.artifacts.put(keys.release_pointer(model), content)

    def get_paginator(self, _operation: str) -> "VersionedCloud":
        """A paginator of versions."""
        return self

    def paginate(self, **asked: str) -> list[dict[str, Any]]:
        """The versions with a prefix, in two pages."""
        found = [
            {"Key": key, "VersionId": str(n), "LastModified": NOW + timedelta(seconds=n)}
            for n, (key, _) in enumerate(self.versions)
            if key.startswith(asked["Prefix"])
        ]
        return [{"Versions": found[:1]}, {"Versions": found[1:]}, {}]

    def get_object(self, **asked: str) -> dict[str, Any]:
        """A single version."""
        return {"Body": io.BytesIO(self.versions[int(asked["VersionId"])][1])}

    def invoke(self, **call: Any) -> dict[str, Any]:
        """Restore as the release function does; the train function accepts an event."""
        event = json.loads(call["Payload"])
        if call["FunctionName"] != Output.RELEASE_FUNCTION:
            return {}
        request = RestoreRequest.model_validate(event)
        try:
            done = restore(self.artifacts, request, lambda: NOW, self.recorded.append)
        except ModelfleetError as error:
            payload = json.dumps({"errorMessage": str(error)}).encode()
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(payload)}
        return {"Payload": io.BytesIO(done.model_dump_json().encode())}


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> VersionedCloud:
    """Two releases of a model, the second with a challenger, and one of another model."""
    fake = VersionedCloud()
    for version in ("1", "2", "3"):
        put_bundle(fake.artifacts, find(MODEL), version)
    put_pointer(fake.artifacts, MODEL, "1")
    fake.write(MODEL, fake.artifacts.get(keys.release_pointer(MODEL)).content)
    put_pointer(fake.artifacts, MODEL, "2", Challenger(version="3", share=0.5), previous="1")
    fake.write(MODEL, fake.artifacts.get(keys.release_pointer(MODEL)).content)
    put_pointer(fake.artifacts, OTHER, "7")
    monkeypatch.setattr(Cloud, "connect", lambda *_: fake)
    for command in (alerts, report):
        monkeypatch.setattr(command, "artifacts_bucket", lambda cloud: cloud.artifacts)
    return fake


def run(*arguments: str) -> Result:
    """Run a command; raise its error."""
    return CliRunner().invoke(app, arguments, catch_exceptions=False)


@pytest.mark.parametrize("content", BROKEN, ids=range(len(BROKEN)))
def test_status_with_a_damaged_pointer(cloud: VersionedCloud, content: bytes) -> None:
    """The object, the last champion, and the command to restore it are shown."""
    cloud.write(MODEL, content)
    done = run("status", "--json")
    models = json.loads(done.stdout)["models"]
    assert set(models) == set(names())
    assert (models[OTHER]["champion"], models[OTHER]["fault"]) == ("7", None)
    assert models[MODEL]["champion"] is None
    fault = models[MODEL]["fault"]
    assert "releases/bankchurn.json cannot be read" in fault
    assert "fleet rollback bankchurn --restore; that names champion 2, since" in fault
    assert fault in run("status").stderr


@pytest.mark.parametrize("content", BROKEN, ids=range(len(BROKEN)))
def test_a_damaged_pointer_is_restored(cloud: VersionedCloud, content: bytes) -> None:
    """The last readable version is restored without its challenger, and recorded."""
    cloud.write(MODEL, content)
    cloud.write(MODEL, content)
    answered = run("rollback", MODEL, "--restore", "--reason", "half an object", "--json")
    assert json.loads(answered.stdout) == {"champion": "2", "previous": "1"}
    pointer = ReleasePointer.parse(cloud.artifacts.get(keys.release_pointer(MODEL)).content)
    assert (pointer.champion, pointer.challenger) == ("2", None)
    assert pointer.reason == "restored: half an object"
    assert [(each.outcome, each.champion) for each in cloud.recorded] == [("restored", "2")]


def test_a_pointer_of_another_model_is_damaged(cloud: VersionedCloud) -> None:
    """A copy under the wrong key must not decide what is serving."""
    cloud.write(MODEL, cloud.artifacts.get(keys.release_pointer(OTHER)).content)
    state = json.loads(run("status", "--json").stdout)["models"][MODEL]
    assert "it belongs to model 'telecom'" in state["fault"]


def test_a_readable_pointer_is_never_restored(cloud: VersionedCloud) -> None:
    """Going back from a readable pointer is a rollback."""
    before = cloud.artifacts.get(keys.release_pointer(MODEL))
    with pytest.raises(FleetError, match="is readable; there is nothing to restore"):
        run("rollback", MODEL, "--restore")
    assert cloud.artifacts.get(keys.release_pointer(MODEL)) == before


def test_without_a_readable_version_the_error_says_what_to_do(cloud: VersionedCloud) -> None:
    """Nothing is guessed."""
    cloud.versions.clear()
    cloud.write(MODEL, b"{")
    with pytest.raises(
        FleetError, match="delete the object, then release again with `fleet retrain"
    ):
        run("rollback", MODEL, "--restore")
    fault = json.loads(run("status", "--json").stdout)["models"][MODEL]["fault"]
    assert fault.endswith("no version of it can be read")


def test_a_pointer_without_its_bundle_is_not_restored(cloud: VersionedCloud) -> None:
    """A version that no function can load must not serve."""
    put_pointer(cloud.artifacts, MODEL, "9")
    cloud.write(MODEL, cloud.artifacts.get(keys.release_pointer(MODEL)).content)
    cloud.write(MODEL, b"{")
    with pytest.raises(FleetError, match="bankchurn 9 has no bundle"):
        run("rollback", MODEL, "--restore")
    assert cloud.artifacts.get(keys.release_pointer(MODEL)).content == b"{"


@pytest.mark.usefixtures("cloud")
def test_restore_and_to_exclude_each_other() -> None:
    """Each determines what to serve."""
    with pytest.raises(FleetError, match="exclude each other"):
        run("rollback", MODEL, "--restore", "--to", "1")


@pytest.mark.parametrize(
    ("key", "command"),
    [
        (keys.release_pointer(MODEL), ("release", "status", MODEL)),
        (keys.release_pointer(MODEL), ("rollback", MODEL)),
        (keys.release_pointer(MODEL), ("models", MODEL)),
        (keys.release_pointer(MODEL), ("card", MODEL)),
        (f"{keys.bundle(MODEL, '2')}/manifest.json", ("models", MODEL)),
        (f"{keys.bundle(MODEL, '2')}/manifest.json", ("card", MODEL, "2")),
        (f"{keys.alias_moves(MODEL)}/x.json", ("models", MODEL)),
        (keys.drift_state(MODEL), ("alerts", "list", MODEL)),
        (keys.drift_state(MODEL), ("alerts", "ack", MODEL)),
        (f"{keys.reports(MODEL)}/2026-01-01/020000/report.json", ("report", MODEL)),
        (keys.newest_dataset(MODEL), ("data", "show", MODEL)),
        (keys.newest_dataset(MODEL), ("data", "list", MODEL)),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value[:2]),
)
@pytest.mark.parametrize("content", [b"{", b"\xff\xfe"])
def test_every_unreadable_object_is_named(
    cloud: VersionedCloud, key: str, command: tuple[str, ...], content: bytes
) -> None:
    """One line names the object and says what to do."""
    cloud.artifacts.put(key, content)
    with pytest.raises(ModelfleetError, match=key) as caught:
        run(*command)
    assert "\n" not in str(caught.value)


def test_alerts_with_a_damaged_state(cloud: VersionedCloud) -> None:
    """The list of all models names it and continues."""
    cloud.artifacts.put(keys.drift_state(MODEL), b"{")
    done = run("alerts", "list", "--json")
    assert {state["model"] for state in json.loads(done.stdout)} == set(names()) - {MODEL}
    assert f"{keys.drift_state(MODEL)} cannot be read" in done.stderr


def test_history_with_a_damaged_record(cloud: VersionedCloud) -> None:
    """The history names it and shows the readable ones."""
    record = ReleaseRecord(
        model=MODEL, execution="good", written_at=NOW, by="ada", outcome="released"
    )
    cloud.artifacts.put(keys.release_record(MODEL, "good"), record.model_dump_json().encode())
    cloud.artifacts.put(keys.release_record(MODEL, "bad"), b"{")
    done = run("history", MODEL, "--json")
    assert [each["execution"] for each in json.loads(done.stdout)] == ["good"]
    assert f"{keys.release_record(MODEL, 'bad')} cannot be read" in done.stderr


def test_only_the_own_models_pointer_is_restored(cloud: VersionedCloud) -> None:
    """The release function rejects a pointer of another model."""
    pointer = ReleasePointer.parse(cloud.artifacts.get(keys.release_pointer(OTHER)).content)
    request = RestoreRequest(
        action="restore", model=MODEL, by="ada", reason="broken", pointer=pointer
    )
    with pytest.raises(ReleaseError, match="the pointer belongs to telecom"):
        restore(cloud.artifacts, request, lambda: NOW, cloud.recorded.append)
