"""The state of the last run is examined and reported, but never changed."""

from datetime import datetime
from pathlib import Path

import pytest

from cli.local_cloud.layout import Layout
from cli.local_cloud.processes.record import CloudRecord, write_record
from cli.local_cloud.state import generations, registry_agreement
from cli.local_cloud.state.recovery import (
    LastRun,
    examine,
    repair_objects,
    report,
    require_database,
    require_engine,
)
from cli.local_cloud.state.restart_report import RestartReport, read_report, write_report
from cli.output.errors import FleetError
from modelfleet.registry.pointer import ReleasePointer
from modelfleet.storage import keys
from tests.releasing import Fleet
from tests.serving import NOW

_NO_PROCESS = 2**22 + 1


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Lay out an empty local cloud."""
    return Layout(tmp_path)


def _record(layout: Layout) -> None:
    write_record(layout, CloudRecord(port=1, pid=_NO_PROCESS, tracking_uri="-"))


def test_the_first_run(layout: Layout) -> None:
    """Without a last run there is nothing to report."""
    assert examine(layout) == LastRun(ended=True)
    assert list(report(examine(layout), None)) == []


def test_stopped_cleanly(layout: Layout) -> None:
    """A `fleet down` that was killed after the last generation has lost nothing."""
    generations.write(layout.generations, {"s3": b"{}"}, ended=True)
    _record(layout)
    assert examine(layout).ended
    assert list(report(examine(layout), RestartReport(pid=1))) == []


def test_crashed(layout: Layout) -> None:
    """After a crash the last generation is resumed, and losses are reported."""
    generations.write(layout.generations, {"s3": b"{}"}, ended=False)
    last = examine(layout)
    assert (last.ended, last.damaged) == (False, ())
    assert isinstance(last.as_of, datetime)
    restored = RestartReport(
        pid=1,
        executions=("arn:aws:states:::execution:retraining:x",),
        calls=2,
        damaged=("x is lost",),
    )
    told = list(report(last, restored))
    assert f"{last.as_of:%H:%M:%S}" in told[0]
    assert told[1].startswith("execution retraining:x was interrupted and has failed")
    assert told[2].startswith("interrupted asynchronous function calls: 2")
    assert told[3] == "x is lost"


def test_the_last_generation_is_damaged(layout: Layout) -> None:
    """The previous generation is resumed, and the damaged file is named."""
    generations.write(layout.generations, {"s3": b"old"}, ended=False)
    newest = generations.write(layout.generations, {"s3": b"new"}, ended=True)
    generations.file_of(newest, "s3").write_bytes(b"n")
    last = examine(layout)
    assert not last.ended
    assert any("00000002/s3.json" in sentence for sentence in report(last, None))


def test_no_generation_is_intact(layout: Layout) -> None:
    """A state that cannot be resumed is an error that says how to set it aside."""
    file = generations.file_of(
        generations.write(layout.generations, {"s3": b"old"}, ended=True), "s3"
    )
    file.write_bytes(b"")
    with pytest.raises(FleetError, match=r"is damaged: 00000001/s3\.json.*fleet recover --set-as"):
        examine(layout)
    assert file.exists()


def test_objects_without_a_state(layout: Layout) -> None:
    """Buckets without a state are rejected, not emptied."""
    (layout.buckets / "000000000000" / "lake" / "datasets").mkdir(parents=True)
    with pytest.raises(FleetError, match="the AWS engine's state is missing"):
        examine(layout)


def test_generations_that_are_gone(layout: Layout) -> None:
    """If generations are missing, outdated files of an earlier release are not used instead."""
    layout.engine_state.mkdir(parents=True)
    (layout.engine_state / "s3.json").write_text("{}")
    write_report(layout.engine_state, RestartReport(pid=1))
    with pytest.raises(FleetError, match="the AWS engine's state is missing"):
        examine(layout)


def test_a_state_without_its_database(layout: Layout) -> None:
    """A state without its registry is rejected; it does not get an empty one."""
    require_database(layout)
    generations.write(layout.generations, {"s3": b"{}"}, ended=True)
    layout.database.mkdir()
    with pytest.raises(FleetError, match=r"its database is missing: .*postgres"):
        require_database(layout)
    (layout.database / "PG_VERSION").write_text("18")
    require_database(layout)


def test_a_database_without_its_engine(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """A registry with versions and without the engine's state is rejected."""
    versions: dict[str, set[str]] = {"churn": set()}
    monkeypatch.setattr(registry_agreement, "registered", lambda *_: (versions, {}))
    require_engine(layout, "-", ["churn"])
    versions["churn"].add("1")
    with pytest.raises(FleetError, match=r"the AWS engine's state is missing: .*engine"):
        require_engine(layout, "-", ["churn"])
    generations.write(layout.generations, {"s3": b"{}"}, ended=True)
    require_engine(layout, "-", ["churn"])


def test_object_sizes_are_checked_after_every_run(layout: Layout) -> None:
    """Truncated content is reported even after a clean stop."""
    folder = layout.buckets / "000000000000" / "lake" / "datasets"
    folder.mkdir(parents=True)
    (folder / "rows.csv").write_text("half")
    (folder / "rows.csv.meta.json").write_text('{"key": "datasets/rows.csv", "size": 8}')
    (told,) = repair_objects(layout, LastRun(ended=True))
    assert "s3://lake/datasets/rows.csv is damaged" in told


def test_the_state_of_an_earlier_release(layout: Layout) -> None:
    """A state that an earlier release saved cleanly is resumed."""
    layout.engine_state.mkdir(parents=True)
    (layout.engine_state / "s3.json").write_text("{}")
    (layout.buckets / "000000000000" / "lake" / "datasets").mkdir(parents=True)
    assert examine(layout) == LastRun(ended=True)


def test_the_restart_report_is_read_back(tmp_path: Path) -> None:
    """The command reads what the engine wrote."""
    restored = RestartReport(pid=7, stacks=("models",), deliveries=3)
    write_report(tmp_path, restored)
    assert read_report(tmp_path) == restored
    assert read_report(tmp_path / "other") is None


def _pointer(champion: str) -> bytes:
    pointer = ReleasePointer(
        model="churn", champion=champion, written_by="x", written_at=NOW, reason="-"
    )
    return pointer.model_dump_json().encode()


def test_registry_and_buckets() -> None:
    """A champion or a version without a bundle and a differing alias are each reported."""
    store = Fleet().store
    store.put(keys.release_pointer("churn"), _pointer("3"))
    store.put("models/churn/1/manifest.json", b"{}")
    told = list(
        registry_agreement.disagreements(store, {"churn": {"1", "2"}}, {"churn": {"champion": "1"}})
    )
    assert [text.partition(";")[0] for text in told] == [
        "churn: version 2 is registered but has no bundle because its training was interrupted",
        "churn: champion 3 has no bundle",
        "churn: version 3 is serving but the registry's champion is version 1",
    ]


def test_registry_and_buckets_agree() -> None:
    """Agreement, and a model without a release, produce no messages."""
    store = Fleet().store
    store.put(keys.release_pointer("churn"), _pointer("1"))
    store.put("models/churn/1/manifest.json", b"{}")
    found = {"churn": {"1"}, "new": set[str]()}
    assert list(registry_agreement.disagreements(store, found, {"churn": {"champion": "1"}})) == []
