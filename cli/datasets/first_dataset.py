"""A new model's first data set: the table it was drafted from, kept until a local cloud loads it.

The table contains real rows, so it is kept outside of the repository and deleted once it is loaded.
"""

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from cli.local_cloud.layout import Layout
from cli.output.errors import FleetError, os_fault
from cli.output.user import user
from modelfleet.datasets.manifest import DatasetManifest
from modelfleet.datasets.row_groups import GroupKey
from modelfleet.spec.document import Document
from modelfleet.spec.errors import DatasetError, ModelfleetError
from modelfleet.spec.model import ModelSpec
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.table_format import ReadOptions

_LOCK = ".lock"
# Git ignores a folder that says so itself, wherever FLEET_HOME is.
_IGNORED_BY_GIT = "*\n"


class _Kept(Document):
    """How a kept table is to be read, and when `fleet new` kept it."""

    noun: ClassVar[str] = "record of a first data set"
    error: ClassVar[type[ModelfleetError]] = DatasetError

    reading: ReadOptions
    kept_at: datetime


@dataclass(frozen=True)
class FirstDataset:
    """A kept table: its folder contains `kept.json`, and the table in a folder of its own."""

    folder: Path

    @property
    def table(self) -> Path:
        """The copy of the table, under its own name.

        Raises
        ------
        FleetError
            If it is gone.
        """
        found = next((self.folder / "table").glob("*"), None)
        if found is None:
            raise FleetError(f"{self.folder}: the table is gone; delete this folder")
        return found

    @property
    def reading(self) -> ReadOptions:
        """The user's instructions for reading the table."""
        return self._kept().reading

    def load(
        self, spec: ModelSpec, lake: ObjectStore, group_key: GroupKey
    ) -> DatasetManifest | None:
        """Load the table as the model's newest data set version.

        Loading it again changes nothing. Rows of an earlier model of the same name are replaced;
        rows that were loaded since the table was kept are not.

        Parameters
        ----------
        spec
            The model, as its folder declares it by now.
        lake
            The lake bucket.
        group_key
            The stage's secret that groups are hashed with.

        Returns
        -------
        DatasetManifest or None
            `None` if other rows have been loaded since.

        Raises
        ------
        DatasetError
            If the table does not match the model's spec.
        """
        from modelfleet.datasets import load as load_dataset  # noqa: PLC0415  # imports pandas

        kept = self._kept()
        if _loaded_since(spec, lake, kept.kept_at):
            return None
        now = datetime.now(UTC)
        return load_dataset.load(
            spec,
            self.table,
            lake,
            user(),
            now,
            replace=True,
            options=kept.reading,
            group_key=group_key,
        )

    def discard(self) -> None:
        """Delete the table."""
        # Without its record the rest is no data set, even if deleting it is interrupted.
        self._record.unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def exists(self) -> bool:
        """Whether the table is kept."""
        return self._record.is_file()

    @property
    def _record(self) -> Path:
        return self.folder / "kept.json"

    def _kept(self) -> _Kept:
        return _Kept.parse(self._record.read_bytes())


def find(layout: Layout, model: str) -> FirstDataset | None:
    """Return the first data set that a model's local cloud has not loaded yet, if there is one."""
    found = FirstDataset(layout.first_datasets / model)
    return found if found.exists else None


@contextmanager
def exclusive(layout: Layout) -> Iterator[None]:
    """Let one command at a time add a model and its first data set."""
    root = layout.first_datasets
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    (root / ".gitignore").write_text(_IGNORED_BY_GIT)
    with (root / _LOCK).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def keep(layout: Layout, model: str, table: Path, reading: ReadOptions) -> FirstDataset:
    """Keep a copy of a table as a new model's first data set; the caller holds the lock.

    Raises
    ------
    FleetError
        If it cannot be copied.
    """
    place = FirstDataset(layout.first_datasets / model)
    place.discard()
    draft = FirstDataset(Path(tempfile.mkdtemp(prefix=f".{model}-", dir=layout.first_datasets)))
    try:
        (draft.folder / "table").mkdir()
        shutil.copyfile(table, draft.folder / "table" / table.name)
        kept = _Kept(reading=reading, kept_at=datetime.now(UTC))
        draft._record.write_bytes(kept.to_json())
        draft.folder.rename(place.folder)
    except OSError as error:
        raise FleetError(os_fault(error)) from error
    finally:
        shutil.rmtree(draft.folder, ignore_errors=True)
    return place


def _loaded_since(spec: ModelSpec, lake: ObjectStore, kept_at: datetime) -> bool:
    from modelfleet.datasets.store import DatasetStore  # noqa: PLC0415  # imports pandas

    store = DatasetStore(spec, lake)
    newest = store.newest()
    manifest = store.manifest(newest) if newest else None
    return manifest is not None and not manifest.generated and manifest.created_at > kept_at
