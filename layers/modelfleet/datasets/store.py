"""Store of immutable data set versions, with a pointer to the newest."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from modelfleet.datasets.data_report import DataReport
from modelfleet.datasets.manifest import (
    MANIFEST_FILE,
    REPORT_FILE,
    REPORT_PAGE,
    ROWS_FILE,
    DatasetManifest,
    NewestDataset,
    Origin,
    canonical,
)
from modelfleet.datasets.page import render_data_report
from modelfleet.datasets.rows_file import read_columns, read_rows, to_dataset
from modelfleet.outcomes.client_share import UNKNOWN
from modelfleet.spec.document import Document
from modelfleet.spec.errors import ConflictError, DatasetError, ObjectNotFoundError
from modelfleet.spec.features import CLIENT, GROUP, ORIGIN, PROVENANCE
from modelfleet.spec.model import ModelSpec
from modelfleet.storage import keys
from modelfleet.storage.documents import StoredDocument, parsed
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.validate import Row, ValidatedRows, validate

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
        known = [name for name in self.versions() if name.startswith(version)]
        if len(known) != 1:
            fault = "more than one data set version begins with" if known else "no data set version"
            raise DatasetError(
                f"{self.spec.name}: {fault} {version}; see: fleet data list {self.spec.name}"
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
        # Lines are numbered from 1, because the stored table has no header.
        return validate(self.spec, enumerate(self._stored(version, content), start=1))

    def store(self, manifest: DatasetManifest, rows: Sequence[Row], report: DataReport) -> None:
        """Write a version if it does not exist yet; the manifest is written last."""
        # Sort by content, so that the file does not depend on the order in the source.
        content = to_dataset(self.spec, sorted(rows, key=canonical))
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

    def _stored(self, version: str, content: bytes) -> Iterator[dict[str, Any]]:
        there = set(read_columns(content))
        if absent := set(self.spec.data_columns) - there:
            raise DatasetError(
                f"{self.spec.name}: data set version {version} has no column "
                f"{', '.join(sorted(absent))}; {self.remedy}"
            )
        self._require_group(version)
        provenance = [name for name in PROVENANCE if name in there]
        group = [GROUP] if self.spec.group is not None else []
        for row in read_rows(content, [*self.spec.data_columns, *group, *provenance]):
            if row.get(ORIGIN) in (None, Origin.FILE):
                # Rows from files omit these fields, so that the version is a hash of their content.
                for name in provenance:
                    del row[name]
            elif row.get(CLIENT) is None:
                row[CLIENT] = UNKNOWN
            yield row

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
