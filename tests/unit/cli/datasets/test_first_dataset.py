"""A new model's table is kept outside of git until it is loaded, and loaded only once."""

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli.datasets import first_dataset
from cli.datasets.first_dataset import FirstDataset
from cli.datasets.samples import write_sample
from cli.local_cloud.layout import Layout
from cli.output.errors import FleetError
from modelfleet.adapters.object_store import memory_store
from modelfleet.catalogue import find
from modelfleet.datasets import load as load_dataset
from modelfleet.datasets.store import DatasetStore
from modelfleet.spec.errors import DatasetError
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.table_format import AS_FOUND, ReadOptions

MODEL, ROWS = "telecom", 400
SPEC = find(MODEL)
_GIT = shutil.which("git")


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """The home of a local cloud that has never run."""
    return Layout(tmp_path / ".fleet")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Rows of the model."""
    return write_sample(MODEL, tmp_path / "users.csv", seed=1, rows=ROWS)


@pytest.fixture
def lake() -> ObjectStore:
    """An empty lake."""
    return memory_store()


def kept(layout: Layout, table: Path, reading: ReadOptions = AS_FOUND) -> FirstDataset:
    """Keep the table, as `fleet new` does."""
    with first_dataset.exclusive(layout):
        return first_dataset.keep(layout, MODEL, table, reading)


def rows(lake: ObjectStore) -> int:
    """Rows of the newest version."""
    store = DatasetStore(SPEC, lake)
    manifest = store.manifest(store.require())
    assert manifest is not None
    return manifest.rows


def loaded(lake: ObjectStore, table: Path, when: datetime, *, generated: bool = False) -> None:
    """Load another table of the model."""
    load_dataset.load(SPEC, table, lake, "ada", when, generated=generated)


def test_it_is_loaded_from_its_copy(layout: Layout, table: Path, lake: ObjectStore) -> None:
    """The user's file may be gone by then; the version has its name, and is not generated."""
    kept(layout, table)
    table.unlink()
    found = first_dataset.find(layout, MODEL)
    assert found is not None
    manifest = found.load(SPEC, lake, bytes)
    assert manifest is not None
    assert (manifest.rows, manifest.source, manifest.generated) == (ROWS, "users.csv", False)


def test_loading_it_again_changes_nothing(layout: Layout, table: Path, lake: ObjectStore) -> None:
    """A command that is interrupted before it discards the copy starts over."""
    first = kept(layout, table)
    before, again = first.load(SPEC, lake, bytes), first.load(SPEC, lake, bytes)
    assert before is not None
    # The rows of the version are newer than the copy by now.
    assert again is None
    assert DatasetStore(SPEC, lake).versions() == (before.version,)


def test_it_is_read_as_the_user_said(layout: Layout, table: Path, lake: ObjectStore) -> None:
    """What a file does not settle by itself was said to `fleet new`."""
    text = table.read_text().replace(",", ";").encode("cp1252")
    table.write_bytes(text)
    options = ReadOptions(delimiter=";", encoding="cp1252")
    manifest = kept(layout, table, options).load(SPEC, lake, bytes)
    assert manifest is not None
    assert manifest.table_format is not None
    assert manifest.table_format.encoding == "cp1252"


@pytest.mark.parametrize("generated", [False, True])
def test_it_replaces_rows_of_an_earlier_model(
    layout: Layout, table: Path, lake: ObjectStore, generated: bool, tmp_path: Path
) -> None:
    """However many a removed model of the same name had."""
    more = write_sample(MODEL, tmp_path / "more.csv", seed=2, rows=3 * ROWS)
    loaded(lake, more, datetime.now(UTC) - timedelta(days=1), generated=generated)
    assert kept(layout, table).load(SPEC, lake, bytes) is not None
    assert rows(lake) == ROWS


def test_it_never_replaces_newer_rows(
    layout: Layout, table: Path, lake: ObjectStore, tmp_path: Path
) -> None:
    """Rows that the user loaded since then are the model's."""
    first = kept(layout, table)
    newer = write_sample(MODEL, tmp_path / "newer.csv", seed=2, rows=2 * ROWS)
    loaded(lake, newer, datetime.now(UTC) + timedelta(seconds=1))
    assert first.load(SPEC, lake, bytes) is None
    assert rows(lake) == 2 * ROWS


def test_a_table_that_does_not_fit_stays(layout: Layout, table: Path, lake: ObjectStore) -> None:
    """The spec may have been edited since; the table is there once it is corrected."""
    table.write_text(table.read_text().replace("calls", "chats", 1))
    first = kept(layout, table)
    with pytest.raises(DatasetError, match=r"users\.csv: column calls is missing"):
        first.load(SPEC, lake, bytes)
    assert first_dataset.find(layout, MODEL) is not None
    assert list(lake.keys("datasets")) == []


def test_once_discarded_nothing_is_left(layout: Layout, table: Path) -> None:
    """Real rows do not stay on the disk a second time."""
    kept(layout, table).discard()
    assert first_dataset.find(layout, MODEL) is None
    assert not list(layout.first_datasets.rglob("*.csv"))


def test_a_copy_that_fails_is_no_data_set(
    layout: Layout, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk leaves neither half a table nor a record of it."""

    def fail(_source: Path, target: Path) -> None:
        target.write_text("half")
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr("shutil.copyfile", fail)
    with pytest.raises(FleetError, match="free some disk space"):
        kept(layout, table)
    assert first_dataset.find(layout, MODEL) is None
    assert not list(layout.first_datasets.rglob("*.csv"))


@pytest.mark.skipif(_GIT is None, reason="git is not installed")
def test_git_ignores_it_wherever_it_is(tmp_path: Path, table: Path) -> None:
    """Even if FLEET_HOME is in a repository that does not ignore it, no row is added."""
    first = kept(Layout(tmp_path / "home"), table)
    table.unlink()
    assert _git(tmp_path, "init", "-q") == ""
    assert _git(tmp_path, "status", "--porcelain", "--untracked-files=all") == ""
    assert first.table.is_file()


def _git(folder: Path, *arguments: str) -> str:
    command = [str(_GIT), "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_a_damaged_record_is_one_line(layout: Layout, table: Path, lake: ObjectStore) -> None:
    """It never means generated rows instead."""
    first = kept(layout, table)
    (first.folder / "kept.json").write_text("{")
    with pytest.raises(DatasetError, match="not a valid record of a first data set"):
        first.load(SPEC, lake, bytes)
