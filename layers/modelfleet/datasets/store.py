"""Store of immutable data set versions, with a pointer to the newest."""

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from modelfleet.datasets.data_report import DataReport
from modelfleet.datasets.manifest import (
    MANIFEST_FILE,
    REPORT_FILE,
    REPORT_PAGE,
    ROWS_FILE,
    DatasetManifest,
    NewestDataset,
    Origin,
)
from modelfleet.datasets.page import render_data_report
from modelfleet.datasets.rows_file import read_arrays, read_columns, to_dataset
from modelfleet.outcomes.client_share import UNKNOWN
from modelfleet.spec.document import Document
from modelfleet.spec.errors import ConflictError, DatasetError, ObjectNotFoundError
from modelfleet.spec.features import CLIENT, GROUP, ORIGIN, PROVENANCE
from modelfleet.spec.model import ModelSpec
from modelfleet.storage import keys
from modelfleet.storage.documents import StoredDocument, parsed
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.columns.arrow_cells import as_cells
from modelfleet.tables.rows import Rows
from modelfleet.tables.validate import ValidatedRows
from modelfleet.tables.validate_columns import validate_columns

_Document = TypeVar("_Document", bound=Document)


@dataclass(frozen=True)
class DatasetStore:
    """Data set versions of a model in the lake bucket."""

    spec: ModelSpec
    lake: ObjectStore

    def newest(self) -> str | None:
        """Return the newest version, or `None` if no data is loaded.

        Raises
        ------
        DatasetError
            If the pointer is unreadable.
        """
        newest = self._newest().read()
        return None if newest is None else newest.version

    def require(self, version: str | None = None) -> str:
        """Return the version with a name or prefix; the newest by default.

        Raises
        ------
        DatasetError
            If there is none, or the prefix is ambiguous.
        """
        if version is None:
            found = self.newest()
            if found is None:
                raise DatasetError(f"{self.spec.name}: no data is loaded; {self.remedy}")
            return found
        names = self.versions()
        known = [name for name in names if name.startswith(version)]
        if len(known) != 1:
            fault = "more than one data set version begins with" if known else "no data set version"
            near = [] if known else get_close_matches(version, names, n=1)
            meant = f"did you mean {near[0]}? " if near else ""
            raise DatasetError(
                f"{self.spec.name}: {fault} {version}; {meant}list them with: "
                f"fleet data list {self.spec.name}"
            )
        return known[0]

    def versions(self) -> tuple[str, ...]:
        """Return the names of all complete versions."""
        ending = f"/{MANIFEST_FILE}"
        folder = keys.datasets(self.spec.name)
        found = (key for key in self.lake.keys(folder) if key.endswith(ending))
        return tuple(key.removesuffix(ending).rpartition("/")[2] for key in found)

    def manifest(self, version: str) -> DatasetManifest | None:
        """Return a version's manifest, or `None` if the version does not exist.

        Raises
        ------
        DatasetError
            If it is unreadable.
        """
        return self._document(DatasetManifest, version, MANIFEST_FILE)

    def report(self, version: str) -> DataReport | None:
        """Return a version's data report, or `None` if there is none.

        Raises
        ------
        DatasetError
            If it is unreadable.
        """
        return self._document(DataReport, version, REPORT_FILE)

    def report_page(self, version: str) -> bytes | None:
        """Return the report as an HTML page, or `None` if there is none."""
        return self._content(version, REPORT_PAGE)

    def rows(self, version: str) -> ValidatedRows:
        """Return a version's rows, validated against the current schema, with their origin.

        Raises
        ------
        DatasetError
            If the version lacks a column that the model now requires.
        """
        content = self.lake.get(f"{self._folder(version)}/{ROWS_FILE}").content
        stored = self._stored(version, content)
        aside = {name: stored.pop(name) for name in PROVENANCE if name in stored}
        columns = {name: as_cells(array) or array.to_pylist() for name, array in stored.items()}
        rows = len(next(iter(columns.values())))
        # Lines are numbered from 1, because the stored table has no header.
        return validate_columns(self.spec, range(1, rows + 1), columns, _provenance(aside))

    def store(self, manifest: DatasetManifest, rows: Rows, report: DataReport) -> None:
        """Write a version if it does not exist yet; the manifest is written last.

        The rows are in the order of their bytes (see `row_bytes.named`), so that the file does not
        depend on their order in the source.
        """
        content = to_dataset(rows)
        folder = self._folder(manifest.version)
        for name, file in (
            (ROWS_FILE, content),
            (REPORT_FILE, report.to_json()),
            (REPORT_PAGE, render_data_report(self.spec, report)),
            (MANIFEST_FILE, manifest.to_json()),
        ):
            self._create_once(f"{folder}/{name}", file)

    def point_to(self, version: str, over: str | None = None) -> None:
        """Make a version the newest.

        Parameters
        ----------
        version
            The version.
        over
            Version that must still be the newest; unchecked if not given.

        Raises
        ------
        ConflictError
            If another version is the newest, or the pointer kept changing during all attempts.
        """
        after = NewestDataset(version=version)
        if over is None:
            self._newest().replace(after)
            return

        def follow(before: NewestDataset | None) -> NewestDataset:
            if before not in (after, NewestDataset(version=over)):
                raise ConflictError(f"{self.spec.name}: {over} is no longer the newest data set")
            return after

        self._newest().change(follow)

    @property
    def remedy(self) -> str:
        """Command that loads data, for error messages."""
        return f"load a file with: fleet data load {self.spec.name} FILE.csv"

    def _folder(self, version: str) -> str:
        return keys.dataset(self.spec.name, version)

    def _document(self, kind: type[_Document], version: str, file: str) -> _Document | None:
        content = self._content(version, file)
        if content is None:
            return None
        key = f"{self._folder(version)}/{file}"
        return parsed(key, content, kind.parse, keys.restore_hint("LAKE_BUCKET", key))

    def _newest(self) -> StoredDocument[NewestDataset]:
        remedy = f"load the table again with: fleet data load {self.spec.name} FILE.csv --replace"
        key = keys.newest_dataset(self.spec.name)
        return StoredDocument(self.lake, key, NewestDataset.parse, remedy)

    def _content(self, version: str, file: str) -> bytes | None:
        try:
            return self.lake.get(f"{self._folder(version)}/{file}").content
        except ObjectNotFoundError:
            return None

    def _stored(self, version: str, content: bytes) -> dict[str, Any]:
        there = set(read_columns(content))
        if absent := set(self.spec.data_columns) - there:
            raise DatasetError(
                f"{self.spec.name}: data set version {version} has no column "
                f"{', '.join(sorted(absent))}; {self.remedy}"
            )
        self._require_group(version)
        provenance = [name for name in PROVENANCE if name in there]
        group = [GROUP] if self.spec.group is not None else []
        return read_arrays(content, [*self.spec.data_columns, *group, *provenance])

    def _require_group(self, version: str) -> None:
        """Reject a version that was stored without the group, or with another one."""
        if self.spec.group is None:
            return
        manifest = self.manifest(version)
        if manifest is None or manifest.group != self.spec.group:
            raise DatasetError(
                f"{self.spec.name}: data set version {version} was stored without the group "
                f"{self.spec.group}; {self.remedy}"
            )

    def _create_once(self, key: str, content: bytes) -> None:
        try:
            self.lake.create(key, content)
        except ConflictError:
            # Keys contain the content hash, so an existing object has the same rows.
            return


def _provenance(columns: dict[str, Any]) -> NDArray[np.object_] | None:
    """Return the provenance of each row; rows from files have none.

    They omit these fields, so that the version is a hash of their content.
    """
    if ORIGIN not in columns:
        return None
    names = list(columns)
    rows = zip(*(array.to_pylist() for array in columns.values()), strict=True)
    found = [dict(zip(names, row, strict=True)) for row in rows]
    provenance = [_known_client(each) for each in found]
    if not any(provenance):
        return None
    result: NDArray[np.object_] = np.empty(len(provenance), dtype=object)
    result[:] = provenance
    return result


def _known_client(provenance: dict[str, Any]) -> dict[str, Any] | None:
    if provenance[ORIGIN] in (None, Origin.FILE):
        return None
    return provenance | {CLIENT: provenance.get(CLIENT) or UNKNOWN}
